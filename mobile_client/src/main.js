/** Start: words, who is enrolled, the link's code; then the screen that fits. */

import { App } from "./app.js";
import { preferredLanguage, useLanguage } from "./i18n.js";
import { send, watch } from "./outbox/sync.js";
import { clips } from "./screens/clips.js";
import { consent } from "./screens/consent.js";
import { enrol } from "./screens/enrol.js";
import { people } from "./screens/people.js";
import { record } from "./screens/record.js";
import { speaker } from "./screens/speaker.js";
import { showStatus } from "./status_bar.js";

/** @returns {string} the enrolment code of the link, which leaves the address and the history */
function codeOfLink() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

async function start() {
  const place = /** @type {HTMLElement} */ (document.getElementById("app"));
  const app = new App(place, { enrol, people, speaker, consent, record, clips });
  await useLanguage(preferredLanguage());
  await app.load();
  showStatus(app);
  watch();
  void send({ hurry: true });
  const code = codeOfLink();
  if (code || !app.enrolment || !app.pack) await app.go("enrol", { code });
  else await app.go("people");
  // Without a network the pack that is here is good enough.
  if (app.enrolment && !code) app.refreshPack().catch(() => {});
  addEventListener("hashchange", () => {
    const later = codeOfLink();
    if (later) void app.go("enrol", { code: later });
  });
}

start();
