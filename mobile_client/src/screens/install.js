/** On an iPhone or iPad in a tab: why nothing is recorded here, and how to install the app. */

import { make, say } from "../dom.js";
import { header } from "../header.js";
import { t } from "../i18n.js";

/** @type {import("../app.js").Screen} */
export function install(app, { code = "" }) {
  const steps = ["install.share", "install.add", "install.open"];
  if (code) steps.push("install.type");
  const view = make(
    "div",
    header(t("install.title"), app.pack ? () => void app.go("people") : null),
    say("p.lead", "install.why"),
    make(
      "ol.steps",
      steps.map((key) => say("li", key)),
    ),
    code && make("p.code", { dir: "ltr" }, code),
    say("p.note", code ? "install.once" : "install.code"),
  );
  return { view };
}
