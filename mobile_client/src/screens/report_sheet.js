/** Why a text is not said, or what is wrong with it: a sheet over the record screen. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { REASONS } from "../report_prompt.js";

/** @param {(kind: "skip" | "report", reason: string) => void} told not called when it is closed */
export function askWhy(told) {
  const sheet = make("dialog", { class: "sheet", "aria-label": t("why.title") });
  const choices = (/** @type {"skip" | "report"} */ kind) =>
    REASONS[kind].map((reason) =>
      button(t(`why.${reason}`), () => {
        sheet.close();
        told(kind, reason);
      }),
    );
  sheet.append(
    make("h2", {}, t("why.title")),
    ...choices("skip"),
    ...choices("report"),
    button(t("cancel"), () => sheet.close(), { class: "quiet" }),
  );
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}
