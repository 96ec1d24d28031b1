/** The line that says where the clips are; on every screen, one tap from the list. */

import { fill, make } from "./dom.js";
import { LANGUAGES, language, t, useLanguage } from "./i18n.js";
import { onChange, status } from "./outbox/sync.js";

/** @param {import("./app.js").App} app */
export function showStatus(app) {
  const bar = /** @type {HTMLElement} */ (document.getElementById("status"));
  const counts = make("span", { role: "status" });
  const problem = make("span", { class: "warning" });
  const link = make("button", { type: "button", class: "counts" }, counts, problem);
  link.addEventListener("click", () => void app.go("clips"));
  const choice = make("select", { class: "language" });
  for (const [tag, name] of Object.entries(LANGUAGES)) {
    choice.append(make("option", { value: tag, lang: tag }, name));
  }
  const name = () => choice.setAttribute("aria-label", t("language"));
  choice.addEventListener("change", async () => {
    await useLanguage(choice.value);
    name();
    void draw();
    void app.go(app.at.name, app.at.params);
  });

  let fault = false;

  async function draw() {
    choice.value = language();
    const now = await status();
    const text = t("status.counts", { here: now.here, safe: now.safe });
    if (counts.textContent !== text) counts.textContent = text;
    const trouble =
      (fault && t("status.fault")) ||
      (now.refused && t("status.refused", { n: now.refused })) ||
      (now.outcome === "signed-out" && t("status.signed-out")) ||
      (now.here > 0 && now.outcome === "offline" && t("status.offline"));
    fill(problem, trouble || null);
  }

  name();
  fill(bar, link, choice);
  onChange(() => void draw());
  // What nobody foresaw (a full phone, a storage that was taken away) is at least said.
  const tell = () => {
    fault = true;
    draw().catch(() => fill(problem, t("status.fault")));
  };
  addEventListener("unhandledrejection", tell);
  addEventListener("error", tell);
  void draw();
}
