/** Let this phone in: the code of the link or a typed one, and the collector's name. */

import * as db from "../db.js";
import { copyOf, fill } from "../dom.js";
import { errorText, t } from "../i18n.js";
import { installFirst } from "../install_rule.js";
import { send } from "../outbox/sync.js";
import { install } from "./install.js";

/** @type {import("../app.js").Screen} */
export async function enrol(app, { code = "", name = "" }) {
  if (installFirst()) return install(app, { code });
  // Whoever was signed out most likely comes back; otherwise this collector adds a campaign.
  const lost = (await db.all("enrolments")).find((row) => row.signed_out);
  const parts = copyOf("enrol");
  const { view, form, again, problem, start, code: codeInput, name: nameInput } = parts;
  codeInput.value = code;
  nameInput.value = name || lost?.name || app.enrolment?.name || "";
  fill(again, lost && t("enrol.again", { name: lost.name }));
  parts.cancel.hidden = !app.pack;

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    start.disabled = true;
    fill(problem);
    try {
      await app.enrol(codeInput.value.trim(), nameInput.value.trim());
      void send({ hurry: true });
      await app.go("people");
    } catch (error) {
      fill(problem, errorText(error));
      start.disabled = false;
    }
  }

  form.onsubmit = submit;
  return { view };
}
