/** The line that says where the clips are; on every screen, one tap from the list. */

import { fill, make, plainButton } from "./dom.js";
import { LANGUAGES, language, t, useLanguage } from "./i18n.js";
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
  const counts = make("span");
  // Only what is wrong is read out by itself; the counts change all the time.
  const problem = make("span.warning", { role: "status" });
  const link = make("button.counts", { type: "button" }, counts, problem);
  link.addEventListener("click", () => void app.go("clips"));
  const today = plainButton("", () => app.go("today"), "way");
  const settings = plainButton("", () => app.go("settings"), "way");
  // Before anybody is enrolled there is nothing to set but the language.
  const choice = make("select.language");
  for (const [tag, name] of Object.entries(LANGUAGES)) {
    choice.append(make("option", { value: tag, lang: tag }, name));
  }
  choice.addEventListener("change", async () => {
    await useLanguage(choice.value);
    await app.go(app.at.name, app.at.params);
  });

  let fault = false;

  async function draw() {
    choice.value = language();
    choice.setAttribute("aria-label", t("language"));
    choice.hidden = Boolean(app.enrolment);
    today.hidden = settings.hidden = !app.enrolment;
    fill(today, t("today.title"));
    fill(settings, t("settings.title"));
    const now = await status();
    const text = t("status.counts", { here: now.here, safe: now.safe });
    if (counts.textContent !== text) fill(counts, text);
    const trouble = warningOf(now, fault);
    const words = trouble ? t(...trouble) : "";
    if (problem.textContent !== words) fill(problem, words);
  }

  fill(bar, link, today, settings, choice);
  onChange(() => void draw());
  app.shown = () => void draw();
  // What nobody foresaw (a full phone, a storage that was taken away) is at least said.
  const tell = () => {
    fault = true;
    draw().catch(() => fill(problem, t("status.fault")));
  };
  addEventListener("unhandledrejection", tell);
  addEventListener("error", tell);
  void draw();
}
