/** Who is speaking? The speakers of this collector, and the way to a new one. */

import { validConsent } from "../consents.js";
import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { problemText, t } from "../i18n.js";
import { installLine } from "../install_prompt.js";
import { onChange } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";

/** With more than so many, the list is searched by typing a piece of the spoken name. */
const MANY = 8;

/** @type {import("../app.js").Screen} */
export async function people(app) {
  const list = make("ul", { class: "people" });
  const search = make("input", {
    type: "search",
    class: "search",
    autocomplete: "off",
    autocapitalize: "none",
    placeholder: t("people.search"),
    "aria-label": t("people.search"),
  });
  const lost = make("div", { role: "status" });
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
      {},
      make(
        "button",
        { type: "button", class: "person", on: { click: open } },
        make("strong", {}, code),
        row.refused
          ? make("span", { class: "warning" }, problemText(row.refused))
          : make("span", {}, line),
      ),
      button("⋯", about, { class: "more", "aria-label": t("people.about", { code }) }),
    );
  }

  search.addEventListener("input", () => void draw());
  await draw();
  const add = button(t("people.add"), () => void app.go("speaker"), { class: "primary" });
  const view = make(
    "div",
    {},
    header(t("people.title")),
    await chooser(app),
    lost,
    app.closed && make("p", { class: "problem" }, t("people.closed")),
    search,
    list,
    !app.closed && add,
    installLine(),
    make("p", { class: "note" }, t("people.note")),
  );
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
    make("p", { class: "problem" }, t("people.signed-out")),
    button(t("clips.enrol"), () => void app.go("enrol"), { class: "primary" }),
  ];
}

/**
 * Campaign and collector, one tap each; the last tap adds or leaves one.
 *
 * @param {import("../app.js").App} app
 */
async function chooser(app) {
  const [enrolments, packs] = await Promise.all([db.all("enrolments"), db.all("packs")]);
  const box = make("div", {
    class: "who-works",
    role: "group",
    "aria-label": t("campaigns.title"),
  });
  for (const { collector, campaign, name } of enrolments) {
    const title = packs.find((row) => row.campaign === campaign)?.pack.campaign.name ?? campaign;
    const active = collector === app.enrolment?.collector;
    const use = async () => {
      await app.use(collector);
      await app.go("people");
    };
    box.append(button(`${title} · ${name}`, () => void use(), { "aria-pressed": String(active) }));
  }
  box.append(button(t("campaigns.add"), () => void app.go("campaigns"), { class: "quiet" }));
  return box;
}
