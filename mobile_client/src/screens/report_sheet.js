/** Why a text is not said, or what is wrong with it: a sheet over the record screen. */

import { button, make, say } from "../dom.js";
import { t } from "../i18n.js";
import { REASONS } from "../report_prompt.js";

/** @param {(kind: "skip" | "report", reason: string) => void} told not called when it is closed */
export function askWhy(told) {
  const sheet = make("dialog.sheet", { "aria-label": t("why.title") });
  const choices = (/** @type {"skip" | "report"} */ kind) =>
    REASONS[kind].map((reason) =>
      button(`why.${reason}`, () => {
        sheet.close();
        told(kind, reason);
      }),
    );
  sheet.append(
    say("h2", "why.title"),
    ...choices("skip"),
    ...choices("report"),
    button("cancel", () => sheet.close(), "quiet"),
  );
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}
