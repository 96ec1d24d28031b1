/** Every clip of this phone: where it is, what the server said of it. */

import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { hintText, problemText, t } from "../i18n.js";
import { onChange, send } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";

const SHOWN = 100;

/**
 * @param {db.Clip} clip
 * @returns {{mark: string, text: string}} mark is the class of the line
 */
export function stateOf(clip) {
  if (clip.state === "refused") return { mark: "bad", text: problemText(clip.refused) };
  if (clip.state !== "confirmed") return { mark: "here", text: t("clip.here") };
  if (!clip.verdict) return { mark: "safe", text: t("clip.safe") };
  const hint = hintText(clip.verdict.reasons);
  if (clip.verdict.outcome === "pass") return { mark: "good", text: t("clip.pass") };
  if (clip.verdict.outcome === "review") return { mark: "safe", text: t("clip.review") };
  return { mark: "bad", text: t("clip.reject", { hint }) };
}

/** @type {import("../app.js").Screen} */
export async function clips(app) {
  const list = make("ul", { class: "clips" });
  const empty = make("p", { class: "note" }, t("clips.none"));

  async function draw() {
    const rows = (await db.all("clips")).reverse().slice(0, SHOWN);
    empty.hidden = rows.length > 0;
    fill(
      list,
      ...rows.map((clip) => {
        const { mark, text } = stateOf(clip);
        return make(
          "li",
          { class: mark },
          make("span", { class: "who" }, speakerCode(clip.speaker)),
          make(
            "span",
            { lang: clip.prompt.language, dir: clip.prompt.direction },
            clip.prompt.text,
          ),
          make("strong", {}, text),
        );
      }),
    );
  }

  await draw();
  const again = button(t("clips.send"), () => void send({ hurry: true }), { class: "quiet" });
  const other = button(t("clips.enrol"), () => void app.go("enrol"), { class: "quiet" });
  const back = () => void app.go(app.pack ? "people" : "enrol");
  const view = make("div", {}, header(t("clips.title"), back), empty, list, again, other);
  return { view, leave: onChange(() => void draw()) };
}
