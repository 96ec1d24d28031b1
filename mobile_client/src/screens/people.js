/** Who is speaking? The speakers of this collector, and the way to a new one. */

import { validConsent } from "../consents.js";
import * as db from "../db.js";
import { button, copyOf, fill, make, plainButton, say } from "../dom.js";
import { problemText, t } from "../i18n.js";
import { installLine } from "../install_prompt.js";
import { onChange } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";

/** With more than so many, the list is searched by typing a piece of the spoken name. */
const MANY = 8;

/** @type {import("../app.js").Screen} */
export async function people(app) {
  const parts = copyOf("people");
  const { view, lost, search, list } = parts;
  search.placeholder = search.ariaLabel;
  parts.closed.hidden = !app.closed;
  parts.add.hidden = app.closed;
  parts.install.replaceWith(installLine());
  let drawn = "";

  async function draw() {
    const [enrolments, speakers, consents, clips] = await Promise.all([
      db.all("enrolments"),
      db.all("speakers"),
      db.all("consents"),
      db.all("clips"),
    ]);
    const me = enrolments.find((row) => row.collector === app.enrolment?.collector);
    fill(lost, ...(me?.signed_out ? signedOut(app) : []));
    const mine = speakers
      .filter((row) => row.collector === app.enrolment?.collector)
      .filter((row) => row.refused !== "speaker-withdrawn")
      .reverse();
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { speaker, state } of clips) {
      if (state !== "withdrawn") counts.set(speaker, (counts.get(speaker) ?? 0) + 1);
    }
    const wanted = search.value.trim().toLowerCase();
    const shown = mine.filter((row) => speakerCode(row.id).includes(wanted));
    const forms = app.pack?.consent_forms ?? [];
    const lines = shown.map((row) => {
      const n = counts.get(row.id) ?? 0;
      const agreed = validConsent(consents, forms, row.id);
      return agreed ? t("people.clips", { n }) : t("people.no-consent");
    });
    search.hidden = mine.length <= MANY;
    list.hidden = !shown.length;
    // Drawn anew only where it differs: the button under a finger or a screen reader stays.
    const now = JSON.stringify([shown.map((row) => [row.id, row.refused]), lines]);
    if (now === drawn) return;
    drawn = now;
    fill(list, ...shown.map((row, index) => person(row, lines[index] ?? "")));
  }

  /**
   * @param {db.Row} row
   * @param {string} line
   */
  function person(row, line) {
    const code = speakerCode(row.id);
    const about = () => void app.go("person", { speaker: row.id });
    const open = () =>
      app.closed || row.refused ? about() : void app.go("handover", { speaker: row.id });
    return make(
      "li",
      make(
        "button.person",
        { type: "button", on: { click: open } },
        make("strong", code),
        row.refused ? make("span.warning", problemText(row.refused)) : make("span", line),
      ),
      plainButton("⋯", about, "more", { "aria-label": t("people.about", { code }) }),
    );
  }

  search.oninput = draw;
  await draw();
  fill(parts.chooser, await choices(app));
  const before = app.pack;
  const renew = () => {
    if (app.pack !== before && app.at.name === "people") void app.go("people");
  };
  // Without a network the pack that is here is good enough.
  app.refreshPack().then(renew, () => {});
  return { view, leave: onChange(() => void draw()) };
}

/** @param {import("../app.js").App} app */
function signedOut(app) {
  return [
    say("p.problem", "people.signed-out"),
    button("clips.enrol", () => app.go("enrol"), "primary"),
  ];
}

/**
 * Campaign and collector, one tap each; the last tap adds or leaves one.
 *
 * @param {import("../app.js").App} app
 */
async function choices(app) {
  const [enrolments, packs] = await Promise.all([db.all("enrolments"), db.all("packs")]);
  const all = enrolments.map(({ collector, campaign, name }) => {
    const title = packs.find((row) => row.campaign === campaign)?.pack.campaign.name ?? campaign;
    const use = async () => {
      await app.use(collector);
      await app.go("people");
    };
    const active = String(collector === app.enrolment?.collector);
    return plainButton(`${title} · ${name}`, use, "", { "aria-pressed": active });
  });
  return [...all, button("campaigns.add", () => app.go("campaigns"), "quiet")];
}
