/** What a collector sets on this phone, and what can be done with it beside recording. */

import { chip } from "../chip.js";
import * as db from "../db.js";
import { copyOf, fill } from "../dom.js";
import { t, useLanguage } from "../i18n.js";
import { languageOptions } from "../language_options.js";
import { send, status } from "../outbox/sync.js";
import { WIFI_ONLY } from "../outbox/visit.js";
import { askToKeep } from "../persistence.js";
import { APP_VERSION } from "../phone_facts.js";
import { readsAloud, setReadsAloud } from "../prompt_voice.js";
import { SIZES, textSize, useTextSize } from "../text_size.js";

/** @type {import("../app.js").Screen} */
export async function settings(app) {
  const now = await status();
  const { view, choice, sizes, wifi, aloud, version, ...parts } = copyOf("settings", {
    keep: async () => drawSafety(await askToKeep()),
  });
  choice.append(...languageOptions());
  choice.onchange = async () => {
    await useLanguage(choice.value);
    await app.go("settings");
  };

  fill(
    sizes,
    SIZES.map((size) => chip("size", size, `${size} %`, size === textSize())),
  );
  sizes.onchange = (/** @type {{target: HTMLInputElement}} */ { target }) =>
    useTextSize(target.value);

  /** @param {boolean} kept */
  function drawSafety(kept) {
    parts.kept.hidden = !kept;
    parts.unkept.hidden = parts.keep.hidden = kept;
  }
  const { hours } = now;
  parts.hours.hidden = hours === null;
  fill(parts.hours, t("settings.room", { hours: Math.floor(hours ?? 0) }));
  drawSafety(now.persisted);

  wifi.checked = now.wifiOnly;
  wifi.onchange = async () => {
    await db.put("facts", { key: WIFI_ONLY, value: wifi.checked });
    send({ hurry: true });
  };
  aloud.checked = readsAloud();
  aloud.onchange = () => setReadsAloud(aloud.checked);
  fill(version, t("settings.version", { version: APP_VERSION }));
  return { view };
}
