/** What a collector sets on this phone, and what can be done with it beside recording. */

import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { LANGUAGES, language, t, useLanguage } from "../i18n.js";
import { send, status } from "../outbox/sync.js";
import { WIFI_ONLY } from "../outbox/visit.js";
import { askToKeep } from "../persistence.js";
import { APP_VERSION } from "../phone_facts.js";
import { readsAloud, setReadsAloud } from "../prompt_voice.js";
import { SIZES, textSize, useTextSize } from "../text_size.js";

/**
 * @param {string} label
 * @param {boolean} on
 * @param {(on: boolean) => void} change
 */
function toggle(label, on, change) {
  const box = make("input", { type: "checkbox", checked: on });
  box.addEventListener("change", () => change(box.checked));
  return make("label", { class: "toggle" }, box, make("span", {}, label));
}

/** @type {import("../app.js").Screen} */
export async function settings(app) {
  const now = await status();
  const choice = make("select", { id: "choose-language" });
  for (const [lang, name] of Object.entries(LANGUAGES)) {
    choice.append(make("option", { value: lang, lang, selected: lang === language() }, name));
  }
  choice.addEventListener("change", async () => {
    await useLanguage(choice.value);
    await app.go("settings");
  });

  const sizes = make("div", { class: "chips" });
  for (const size of SIZES) {
    const input = make("input", {
      type: "radio",
      id: `size-${size}`,
      name: "size",
      checked: size === textSize(),
    });
    input.addEventListener("change", () => useTextSize(size));
    const label = make("label", { for: input.id }, `${size} %`);
    sizes.append(make("span", { class: "chip" }, input, label));
  }

  const safety = make("div", {});
  /** @param {boolean} kept */
  function drawSafety(kept) {
    const ask = async () => drawSafety(await askToKeep());
    const hours = now.hours === null ? "" : t("settings.room", { hours: Math.floor(now.hours) });
    fill(
      safety,
      make("p", {}, t(kept ? "settings.kept" : "settings.not-kept")),
      hours && make("p", {}, hours),
      !kept && button(t("settings.keep"), () => void ask()),
    );
  }
  drawSafety(now.persisted);

  /**
   * @param {string} screen
   * @param {string} key
   */
  const way = (screen, key) =>
    screen in app.screens && button(t(key), () => void app.go(screen), { class: "choice" });

  const view = make(
    "div",
    {},
    header(t("settings.title"), () => void app.go(app.pack ? "people" : "enrol")),
    make("label", { for: "choose-language" }, t("language")),
    choice,
    make("fieldset", {}, make("legend", {}, t("settings.size")), sizes),
    toggle(t("settings.wifi"), now.wifiOnly, async (value) => {
      await db.put("facts", { key: WIFI_ONLY, value });
      void send({ hurry: true });
    }),
    toggle(t("settings.aloud"), readsAloud(), setReadsAloud),
    make("h2", {}, t("settings.storage")),
    safety,
    make(
      "div",
      { class: "choices" },
      way("export", "settings.export"),
      way("selftest", "settings.selftest"),
      way("campaigns", "campaigns.title"),
    ),
    make("p", { class: "note" }, t("settings.version", { version: APP_VERSION })),
  );
  return { view };
}
