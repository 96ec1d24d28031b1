/** One speaker: what they said, what they agreed to, and their way out. */

import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { language, problemText, t } from "../i18n.js";
import { send } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";
import { answersOf } from "../speakers.js";
import { withdrawSpeaker } from "../withdraw.js";
import { answerWords, fieldWords } from "./answers.js";

/** @type {import("../app.js").Screen} */
export async function person(app, { speaker: id }) {
  const [row, consents, clips, posts] = await Promise.all([
    db.get("speakers", id),
    db.all("consents"),
    db.clipsBy("speaker", id),
    db.all("posts"),
  ]);
  const back = () => void app.go("people");
  const code = speakerCode(id);
  if (!row || row.refused === "speaker-withdrawn") {
    const gone = make("p", { class: "lead" }, t("person.withdrawn"));
    return { view: make("div", {}, header(code, back), gone) };
  }
  const answers = Object.entries(answersOf(row));
  const n = clips.filter((clip) => clip.state !== "withdrawn").length;
  const wrong = posts.find((post) => post.path === `speakers/${id}` && post.refused);
  const trouble = row.refused || wrong?.refused;
  const agree = consents.filter((one) => one.speaker === id).reverse();
  const out = make("div", { class: "way-out" });

  function offer() {
    fill(out, button(t("person.withdraw"), ask, { class: "quiet" }));
  }

  function ask() {
    const sure = make(
      "p",
      { role: "alert", class: "problem" },
      t("person.withdraw.sure", { code }),
    );
    fill(
      out,
      sure,
      button(t("person.withdraw.now"), () => void end(), { class: "danger" }),
      button(t("cancel"), offer, { class: "quiet" }),
    );
  }

  async function end() {
    if (row) await withdrawSpeaker(row);
    void send();
    back();
  }

  offer();
  const view = make(
    "div",
    {},
    header(code, back),
    trouble && make("p", { class: "problem" }, problemText(trouble)),
    trouble && make("p", { class: "note" }, t("person.refused")),
    make("p", { class: "lead" }, t("people.clips", { n })),
    make(
      "dl",
      {},
      ...answers.flatMap(([field, answer]) => [
        make("dt", {}, fieldWords(field)),
        make("dd", {}, answerWords(answer)),
      ]),
    ),
    button(t("person.edit"), () => void app.go("speaker", { row })),
    make("h2", {}, t("person.consent")),
    make(
      "ul",
      { class: "given" },
      ...(agree.length
        ? agree.map((one) => make("li", {}, ...given(app, one)))
        : [make("li", {}, t("people.no-consent"))]),
    ),
    !app.closed && button(t("person.agree"), () => void app.go("consent", { speaker: row })),
    out,
  );
  return { view };
}

/**
 * @param {import("../app.js").App} app
 * @param {db.Row} consent
 * @returns {(HTMLElement | string | false)[]}
 */
function given(app, { request, refused, version = 0 }) {
  const current = app.pack?.consent_forms.some((one) => one.id === request.consent_form);
  const day = new Intl.DateTimeFormat(language(), { dateStyle: "medium" });
  const facts = [day.format(new Date(request.given_at)), t(`method.${request.method}`)];
  facts.push(t("person.version", { version }));
  if (!current) facts.push(t("person.replaced"));
  return [
    facts.join(" · "),
    make("span", {}, request.scopes.map((/** @type {string} */ one) => scope(one)).join(", ")),
    Boolean(refused) && make("span", { class: "warning" }, problemText(refused)),
  ];
}

/** @param {string} name */
function scope(name) {
  return t(`scope.${name}.short`);
}
