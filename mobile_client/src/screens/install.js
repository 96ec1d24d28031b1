/** On an iPhone or iPad in a tab: why nothing is recorded here, and how to install the app. */

import { copyOf, fill } from "../dom.js";
import { t } from "../i18n.js";

/** @type {import("../app.js").Screen} */
export function install(app, { code = "" }) {
  const { view, back, type, shown, note } = copyOf("install");
  back.hidden = !app.pack;
  type.hidden = shown.hidden = !code;
  fill(shown, code);
  fill(note, t(code ? "install.once" : "install.code"));
  return { view };
}
