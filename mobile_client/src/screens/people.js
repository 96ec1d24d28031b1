/** Who is speaking? The speakers of this phone, and the way to a new one. */

import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { t } from "../i18n.js";
import { onChange } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";

/** @type {import("../app.js").Screen} */
export async function people(app) {
  const list = make("ul", { class: "people" });

  async function draw() {
    const collector = app.enrolment?.collector;
    const [speakers, consents, clips] = await Promise.all([
      db.all("speakers"),
      db.all("consents"),
      db.all("clips"),
    ]);
    const mine = speakers.filter((row) => row.collector === collector).reverse();
    fill(
      list,
      ...mine.map((row) => {
        const consent = consents.find((one) => one.speaker === row.id && !one.refused);
        const count = clips.filter((clip) => clip.speaker === row.id).length;
        const open = () =>
          void (consent
            ? app.go("record", { speaker: row, consent })
            : app.go("consent", { speaker: row }));
        const state = consent ? t("people.clips", { n: count }) : t("people.no-consent");
        return make(
          "li",
          {},
          make(
            "button",
            { type: "button", class: "person", on: { click: open } },
            make("strong", {}, speakerCode(row.id)),
            make("span", {}, state),
          ),
        );
      }),
    );
    list.hidden = mine.length === 0;
  }

  await draw();
  const add = button(t("people.add"), () => void app.go("speaker"), { class: "primary" });
  const view = make(
    "div",
    {},
    header(t("people.title")),
    make("p", { class: "lead" }, app.pack?.campaign.name),
    list,
    add,
    make("p", { class: "note" }, t("people.note")),
  );
  return { view, leave: onChange(() => void draw()) };
}
