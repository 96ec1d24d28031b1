/** One speaker: what they said, what they agreed to, and their way out. */

import * as db from "../db.js";
import { copyOf, fill, make, say } from "../dom.js";
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
  const code = speakerCode(id);
  if (!row || row.refused === "speaker-withdrawn") {
    const { view, title } = copyOf("gone");
    fill(title, code);
    return { view };
  }
  const answers = Object.entries(answersOf(row));
  const n = clips.filter((clip) => clip.state !== "withdrawn").length;
  const wrong = posts.find((post) => post.path === `speakers/${id}` && post.refused);
  const trouble = row.refused || wrong?.refused;
  const agreed = consents.filter((one) => one.speaker === id).reverse();
  const { view, title, refused, count, agree, out, ...parts } = copyOf("person", {
    edit: () => app.go("speaker", { row }),
    agree: () => app.go("consent", { speaker: row }),
    ask: () => ask(true),
    end,
    stay: () => ask(false),
  });

  /** @param {boolean} asked */
  function ask(asked) {
    parts.ask.hidden = asked;
    parts.sure.hidden = !asked;
    fill(parts.question, asked && t("person.withdraw.sure", { code }));
    if (asked) out.scrollIntoView({ block: "end" });
  }

  async function end() {
    if (row) await withdrawSpeaker(row);
    void send();
    await app.go("people");
  }

  fill(title, code);
  fill(parts.trouble, trouble && problemText(trouble));
  refused.hidden = !trouble;
  fill(count, t("people.clips", { n }));
  fill(
    parts.answers,
    answers.flatMap(([field, answer]) => [
      make("dt", fieldWords(field)),
      make("dd", answerWords(answer)),
    ]),
  );
  fill(
    parts.given,
    agreed.length
      ? agreed.map((one) => make("li", given(app, one)))
      : say("li", "people.no-consent"),
  );
  agree.hidden = app.closed;
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
    make(
      "span",
      request.scopes.map((/** @type {string} */ one) => t(`scope.${one}.short`)).join(", "),
    ),
    Boolean(refused) && make("span.warning", problemText(refused)),
  ];
}
