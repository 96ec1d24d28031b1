/** The line that says where the clips are; on every screen, one tap from the list. */

import { copyOf, fill, tell } from "./dom.js";
import { language, t, useLanguage } from "./i18n.js";
import { languageOptions } from "./language_options.js";
import { onChange, status } from "./outbox/sync.js";

/** Below so many hours of speech it is said how many are left. */
const LITTLE_ROOM = 3;

/**
 * Pure: what is most worth saying now, if anything: a key of words, and the count in it.
 *
 * @param {import("./outbox/sync.js").Status} now
 * @param {boolean} fault something failed on this phone that nobody foresaw
 * @returns {[key: string, values?: Record<string, number>] | null}
 */
export function warningOf(now, fault) {
  const { hours, refused, outcome } = now;
  if (fault) return ["status.fault"];
  if (hours !== null && hours < 0.1) return ["status.full"];
  if (outcome === "signed-out") return ["status.signed-out"];
  if (refused) return ["status.refused", { n: refused }];
  if (hours !== null && hours < LITTLE_ROOM) return ["status.room", { hours }];
  if (outcome === "held") return ["status.wifi"];
  if (now.here > 0 && outcome === "offline") return ["status.offline"];
  return null;
}

/** @param {import("./app.js").App} app */
export function showStatus(app) {
  const bar = /** @type {HTMLElement} */ (document.getElementById("status"));
  // Only what is wrong is read out by itself; the counts change all the time.
  const { view, counts, problem, today, settings, choice } = copyOf("status");
  // Before anybody is enrolled there is nothing to set but the language.
  choice.append(...languageOptions());
  choice.onchange = async () => {
    await useLanguage(choice.value);
    await app.go(app.at.name, app.at.params);
  };

  let fault = false;

  async function draw() {
    choice.value = language();
    choice.ariaLabel = t("language");
    choice.hidden = app.enrolment;
    today.hidden = settings.hidden = !app.enrolment;
    fill(today, t("today.title"));
    fill(settings, t("settings.title"));
    const now = await status();
    tell(counts, t("status.counts", { here: now.here, safe: now.safe }));
    const trouble = warningOf(now, fault);
    tell(problem, trouble ? t(...trouble) : "");
  }

  fill(bar, ...view.children);
  onChange(() => void draw());
  app.shown = () => void draw();
  // What nobody foresaw (a full phone, a storage that was taken away) is at least said.
  const fail = () => {
    fault = true;
    draw().catch(() => fill(problem, t("status.fault")));
  };
  addEventListener("unhandledrejection", fail);
  addEventListener("error", fail);
  void draw();
}
