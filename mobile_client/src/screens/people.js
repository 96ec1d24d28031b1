/** Who is speaking? The speakers of this collector, and the way to a new one. */

import { validConsent } from "../consents.js";
import * as db from "../db.js";
import { copyOf, fill, plainButton } from "../dom.js";
import { problemText, t } from "../i18n.js";
import { offerInstall } from "../install_prompt.js";
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
  offerInstall(parts.install);
  let drawn = "";

  async function draw() {
    const [enrolments, speakers, consents, clips] = await Promise.all([
      db.all("enrolments"),
      db.all("speakers"),
      db.all("consents"),
      db.all("clips"),
    ]);
    const me = enrolments.find((row) => row.collector === app.enrolment?.collector);
    lost.hidden = !me?.signed_out;
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
    const about = () => app.go("person", { speaker: row.id });
    const handOver = () => app.go("handover", { speaker: row.id });
    const parts = copyOf("person-line", {
      open: app.closed || row.refused ? about : handOver,
      about,
    });
    fill(parts.title, code);
    fill(parts.line, row.refused ? problemText(row.refused) : line);
    if (row.refused) parts.line.className = "warning";
    parts.about.ariaLabel = t("people.about", { code });
    return parts.view;
  }

  search.oninput = draw;
  await draw();
  parts.chooser.prepend(...(await choices(app)));
  const before = app.pack;
  const renew = () => {
    if (app.pack !== before && app.at.name === "people") void app.go("people");
  };
  // Without a network the pack that is here is good enough.
  app.refreshPack().then(renew, () => {});
  return { view, leave: onChange(() => void draw()) };
}

/**
 * Campaign and collector, one tap each.
 *
 * @param {import("../app.js").App} app
 */
async function choices(app) {
  const [enrolments, packs] = await Promise.all([db.all("enrolments"), db.all("packs")]);
  return enrolments.map(({ collector, campaign, name }) => {
    const title = packs.find((row) => row.campaign === campaign)?.pack.campaign.name ?? campaign;
    const use = async () => {
      await app.use(collector);
      await app.go("people");
    };
    const choice = plainButton(`${title} · ${name}`, use);
    choice.ariaPressed = String(collector === app.enrolment?.collector);
    return choice;
  });
}
