/** Takes that nobody decided about, because the app was closed or left: play, keep, throw away. */

import { startPlayer } from "../capture/playback.js";
import { measureFile, recoverTakes } from "../capture/recovery.js";
import { dropTake, fileOf, holdTake, keepTake } from "../capture/take_rows.js";
import { judge } from "../checks/verdict.js";
import * as db from "../db.js";
import { button, fill, make, say } from "../dom.js";
import { header } from "../header.js";
import { hintText, known, t } from "../i18n.js";
import { send } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";

/** @type {import("../app.js").Screen} */
export async function recovered(app) {
  const list = make("ul.clips.undecided");
  /** @type {ReturnType<typeof startPlayer>[]} */
  const players = [];
  /** @type {(() => void)[]} */
  const holds = [];
  let left = 0;
  const leave = () => {
    for (const player of players) player.unload();
    for (const free of holds) free();
  };

  for (const row of await recoverTakes()) {
    holds.push(await holdTake(row.id));
    list.append(await line(row));
    left++;
  }

  /** @param {db.Clip} row */
  async function line(row) {
    const { bytes, samples } = await fileOf(row);
    const before = row.request.client_checks;
    // Nobody measured it when the page died with it.
    const measures = Object.keys(before).length ? before : await measureFile(row);
    const pack = (await db.get("packs", row.campaign))?.pack;
    const rules = pack?.quality_profile.rules ?? [];
    const { reasons } = judge(measures, rules, { kind: row.prompt.kind, where: "phone" });
    const hint = hintText(reasons);
    const note = known(`note.${row.note}`) && t(`note.${row.note}`);
    const advice = make("p", { role: "status" }, [note, hint].filter(Boolean).join(" "));
    const play = button("record.play", () => player.toggle());
    const player = startPlayer((playing) =>
      fill(play, t(playing ? "record.pause" : "record.play")),
    );
    player.load(bytes);
    players.push(player);
    const checks = {
      ...measures,
      note: row.note,
      recovered: true,
      kept_anyway: Boolean(hint),
      takes: row.request.take,
    };
    const keep = button(hint ? "record.keep-anyway" : "record.keep", () =>
      decide(() => keepTake(row.id, checks)),
    );
    const drop = button("recovered.drop", () => decide(() => dropTake(row.id)), "quiet");

    /** @param {() => Promise<unknown>} how */
    async function decide(how) {
      keep.disabled = drop.disabled = true;
      player.unload();
      try {
        await how();
      } catch {
        keep.disabled = drop.disabled = false;
        player.load(bytes);
        fill(advice, t("note.full"));
        return;
      }
      item.remove();
      void send();
      if (--left === 0) await app.go("people");
    }

    const { language, direction, text } = row.prompt;
    const seconds = (samples / (row.rate || 1)).toFixed(1);
    const item = make(
      "li",
      make("span.who", `${speakerCode(row.speaker)}, ${seconds} s`),
      make("span", { lang: language, dir: direction }, text),
      advice,
      make("div.row", play, keep, drop),
    );
    return item;
  }

  const view = make(
    "div",
    header(t("recovered.title"), () => void app.go("people")),
    say("p.lead", left ? "recovered.lead" : "recovered.none"),
    list,
  );
  return { view, leave };
}
