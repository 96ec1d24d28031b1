/** Let this phone in: the code of the link or a typed one, and the collector's name. */

import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { errorText, t } from "../i18n.js";
import { installFirst } from "../install_rule.js";
import { send } from "../outbox/sync.js";
import { install } from "./install.js";

/** @type {import("../app.js").Screen} */
export async function enrol(app, { code = "", name = "" }) {
  if (installFirst()) return install(app, { code });
  // Whoever was signed out most likely comes back; otherwise this collector adds a campaign.
  const lost = (await db.all("enrolments")).find((row) => row.signed_out);
  const problem = make("p", { role: "alert", class: "problem" });
  const codeInput = make("input", {
    id: "code",
    name: "code",
    required: true,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: 40,
    placeholder: "XXXX-XXXX-XXXX",
    value: code,
  });
  const nameInput = make("input", {
    id: "name",
    name: "name",
    required: true,
    autocomplete: "name",
    maxlength: 80,
    value: name || lost?.name || app.enrolment?.name || "",
  });
  const start = make("button", { class: "primary", type: "submit" }, t("enrol.start"));

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

  const form = make(
    "form",
    { on: { submit } },
    make("p", { class: "lead" }, t("enrol.lead")),
    lost && make("p", { class: "problem" }, t("enrol.again", { name: lost.name })),
    make("label", { for: "code" }, t("enrol.code")),
    codeInput,
    make("label", { for: "name" }, t("enrol.name")),
    nameInput,
    make("p", { class: "note" }, t("enrol.name.note")),
    problem,
    start,
    app.pack && button(t("cancel"), () => void app.go("people"), { class: "quiet" }),
  );
  return { view: make("div", {}, header(t("enrol.title")), form) };
}
