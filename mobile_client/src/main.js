/** Start: words, who is enrolled, the link's code; then the screen that fits. */

import { App } from "./app.js";
import { recoverTakes } from "./capture/recovery.js";
import { preferredLanguage, useLanguage } from "./i18n.js";
import { watchInstall } from "./install_prompt.js";
import { later } from "./later.js";
import { send, watch } from "./outbox/sync.js";
import { consent } from "./screens/consent.js";
import { enrol } from "./screens/enrol.js";
import { handover } from "./screens/handover.js";
import { people } from "./screens/people.js";
import { record } from "./screens/record.js";
import { speaker } from "./screens/speaker.js";
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
    campaigns: later(() => import("./screens/campaigns.js"), "campaigns"),
    people,
    person: later(() => import("./screens/person.js"), "person"),
    speaker,
    handover,
    consent,
    record,
    recovered: later(() => import("./screens/recovered.js"), "recovered"),
    clips: later(() => import("./screens/clips.js"), "clips"),
    today: later(() => import("./screens/today.js"), "today"),
    settings: later(() => import("./screens/settings.js"), "settings"),
    export: later(() => import("./screens/export.js"), "exportCopy"),
    selftest: later(() => import("./screens/selftest.js"), "selftest"),
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
  addEventListener("hashchange", () => {
    const later = codeOfLink();
    if (later) void app.go("enrol", { code: later });
  });
  // Without storage (a private window of some browsers) there is no worker, and the app still works.
  watchUpdates(app).catch(() => {});
}

start();
