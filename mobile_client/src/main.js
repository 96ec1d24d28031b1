/** Start: words, who is enrolled, the link's code; then the screen that fits. */

import { App } from "./app.js";
import { recoverTakes } from "./capture/recovery.js";
import { preferredLanguage, useLanguage } from "./i18n.js";
import { watchInstall } from "./install_prompt.js";
import { send, watch } from "./outbox/sync.js";
import { campaigns } from "./screens/campaigns.js";
import { clips } from "./screens/clips.js";
import { consent } from "./screens/consent.js";
import { enrol } from "./screens/enrol.js";
import { exportCopy } from "./screens/export.js";
import { handover } from "./screens/handover.js";
import { people } from "./screens/people.js";
import { person } from "./screens/person.js";
import { record } from "./screens/record.js";
import { recovered } from "./screens/recovered.js";
import { selftest } from "./screens/selftest.js";
import { settings } from "./screens/settings.js";
import { speaker } from "./screens/speaker.js";
import { today } from "./screens/today.js";
import { showStatus } from "./status_bar.js";
import { useTextSize } from "./text_size.js";
import { watchUpdates } from "./updates.js";

/** @returns {string} the enrolment code of the link, which leaves the address and the history */
function codeOfLink() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

async function start() {
  const place = /** @type {HTMLElement} */ (document.getElementById("app"));
  const app = new App(place, {
    enrol,
    campaigns,
    people,
    person,
    speaker,
    handover,
    consent,
    record,
    recovered,
    clips,
    today,
    settings,
    export: exportCopy,
    selftest,
  });
  watchInstall();
  useTextSize();
  await useLanguage(preferredLanguage());
  await app.load();
  showStatus(app);
  watch();
  void send({ hurry: true });
  const code = codeOfLink();
  if (code || !app.enrolment || !app.pack) await app.go("enrol", { code });
  else await app.go((await recoverTakes()).length ? "recovered" : "people");
  // Without a network the pack that is here is good enough.
  if (app.enrolment && !code) app.refreshPack().catch(() => {});
  addEventListener("click", ({ target }) => {
    /** @type {HTMLElement | null} */
    const way = /** @type {Element} */ (target).closest("[data-go]");
    if (way) void app.go(way.dataset.go || app.home);
  });
  addEventListener("hashchange", () => {
    const later = codeOfLink();
    if (later) void app.go("enrol", { code: later });
  });
  // Without storage (a private window of some browsers) there is no worker, and the app still works.
  watchUpdates(app).catch(() => {});
}

start();
