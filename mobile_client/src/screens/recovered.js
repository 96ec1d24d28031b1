/** Takes that nobody decided about, because the app was closed or left: play, keep, throw away. */

import { startPlayer } from "../capture/playback.js";
import { measureFile, recoverTakes } from "../capture/recovery.js";
import { dropTake, fileOf, holdTake, keepTake } from "../capture/take_rows.js";
import { judge } from "../checks/verdict.js";
import * as db from "../db.js";
import { copyOf, fill, showText } from "../dom.js";
import { hintText, known, t } from "../i18n.js";
import { send } from "../outbox/sync.js";
import { speakerCode } from "../speaker_code.js";

/** @type {import("../app.js").Screen} */
export async function recovered(app) {
  const { view, lead, list } = copyOf("recovered");
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
    const { view, who, text, advice, play, keep, drop } = copyOf("take", {
      play: () => player.toggle(),
      keep: () => decide(() => keepTake(row.id, checks)),
      drop: () => decide(() => dropTake(row.id)),
    });

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
      view.remove();
      void send();
      if (--left === 0) await app.go("people");
    }

    const seconds = (samples / (row.rate || 1)).toFixed(1);
    fill(who, `${speakerCode(row.speaker)}, ${seconds} s`);
    showText(text, row.prompt);
    fill(advice, [note, hint].filter(Boolean).join(" "));
    fill(keep, t(hint ? "record.keep-anyway" : "record.keep"));
    return view;
  }

  fill(lead, t(left ? "recovered.lead" : "recovered.none"));
  return { view, leave };
}
