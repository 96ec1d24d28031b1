/** What the server has to say: verdicts, prompts to record again, withdrawals. */

import { withdraw, withdrawSpeaker } from "./moves.js";

/** @typedef {import("./round.js").Doors} Doors */

/**
 * Read what is new since the last time, and write it into the rows. An item may come twice; it says
 * how things stand.
 *
 * @param {Pick<Doors, "api" | "db">} doors
 * @param {import("../db.js").Enrolment} enrolment
 */
export async function readNews({ api, db }, { collector, token }) {
  const key = `changes/${collector}`;
  let cursor = (await db.get("facts", key))?.value ?? "";
  for (let more = true; more; ) {
    const page = await api.readChanges(token, cursor);
    for (const item of page.changes) await apply({ db }, item);
    more = page.more && page.cursor !== cursor;
    if (page.cursor !== cursor) await db.put("facts", { key, value: page.cursor });
    cursor = page.cursor;
  }
}

/**
 * @param {Pick<Doors, "db">} doors
 * @param {import("../api.js").ChangeItem} item
 */
async function apply({ db }, { kind, clip, speaker, verdict, reasons }) {
  if (kind === "withdrawal") {
    if (clip) await withdraw({ db }, clip);
    else if (speaker) await withdrawSpeaker({ db }, speaker);
  }
  if (!clip) return;
  if (kind === "redo") await db.change("clips", clip, () => ({ redo: reasons ?? [] }));
  // A verdict undoes what was asked before; where the prompt is still wanted, that follows.
  if (kind === "verdict" && verdict)
    await db.change("clips", clip, () => ({ verdict, redo: null }));
}

/** The newest clips that are looked at for a verdict that is still to come. */
const NEWEST = 30;
/** A verdict that has not come by then is read at the next start, not every two seconds. */
const ASK_FOR_MS = 600_000;

/**
 * Whether somebody may be waiting for what the checks say.
 *
 * @param {Pick<Doors, "db">} doors
 * @param {number} now by the server's clock
 */
export async function awaitsVerdict({ db }, now) {
  return (await db.latestClips(NEWEST)).some(
    ({ state, verdict, receipt }) =>
      state === "confirmed" &&
      (!verdict || verdict.provisional) &&
      Date.parse(receipt?.stored_at ?? "") > now - ASK_FOR_MS,
  );
}
