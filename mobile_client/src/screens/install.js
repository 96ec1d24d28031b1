/** On an iPhone or iPad in a tab: why nothing is recorded here, and how to install the app. */

import { make } from "../dom.js";
import { header } from "../header.js";
import { t } from "../i18n.js";

/** @type {import("../app.js").Screen} */
export function install(app, { code = "" }) {
  const steps = ["install.share", "install.add", "install.open"];
  if (code) steps.push("install.type");
  const view = make(
    "div",
    {},
    header(t("install.title"), app.pack ? () => void app.go("people") : null),
    make("p", { class: "lead" }, t("install.why")),
    make("ol", { class: "steps" }, ...steps.map((key) => make("li", {}, t(key)))),
    code && make("p", { class: "code", dir: "ltr" }, code),
    make("p", { class: "note" }, t(code ? "install.once" : "install.code")),
  );
  return { view };
}
