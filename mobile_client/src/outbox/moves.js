/** The moves of a clip's row on its way home; each leaves alone what somebody else moved meanwhile. */

import { pauseAfter } from "./pause.js";

/** @typedef {import("./round.js").Round} Round */
/** @typedef {import("../db.js").Clip} Clip */

/** Erased by the person whose voice it is: nothing of it stays here either. */
export const WITHDRAWN = new Set(["clip-withdrawn", "speaker-withdrawn"]);

/**
 * @param {Round} round
 * @param {string} id
 * @param {(row: Clip) => Partial<Clip>} change
 * @param {import("../db.js").Change[]} [also]
 * @returns {Promise<Clip | null>} null: it is no longer on its way
 */
export function move({ doors }, id, change, also) {
  const under = (/** @type {Clip} */ row) => row.state === "ready" || row.state === "sent";
  return doors.db.change("clips", id, (row) => (under(row) ? change(row) : null), also);
}

/**
 * Home: only now may the bytes go.
 *
 * @param {Round} round
 * @param {string} id
 * @param {import("../api.js").Receipt} receipt
 */
export function arrive(round, id, receipt) {
  return move(round, id, () => ({ state: "confirmed", sent: true, receipt, unsure: false }), [
    { table: "sounds", drop: id },
  ]);
}

/**
 * @param {Round} round
 * @param {string} id
 * @param {Partial<Clip>} [news]
 */
export async function rest(round, id, news = {}) {
  const row = await move(round, id, ({ tries }) => ({
    tries: tries + 1,
    next_try: round.doors.now() + pauseAfter(tries + 1),
    ...news,
  }));
  if (row) round.wait(row.next_try);
  return row;
}

/**
 * Stop trying. The sound stays, for a person to look at, unless its speaker took it back.
 *
 * @param {Round} round
 * @param {string} id
 * @param {string} slug
 */
export async function refuse(round, id, slug) {
  if (WITHDRAWN.has(slug)) await withdraw(round.doors, id);
  else await move(round, id, () => ({ state: "refused", refused: slug }));
}

/**
 * Forget the sound of a clip that was taken back; the row stays, so that people see that it is gone.
 *
 * @param {Pick<import("./round.js").Doors, "db">} doors
 * @param {string} id
 */
export function withdraw({ db }, id) {
  /** @type {Partial<Clip>} */
  const gone = { state: "withdrawn", refused: "" };
  return db.change("clips", id, ({ state }) => (state === gone.state ? null : gone), [
    { table: "sounds", drop: id },
    { table: "frames", drop: db.everyFrame(id) },
  ]);
}

/**
 * Forget the sounds of a speaker who took everything back.
 *
 * @param {Pick<import("./round.js").Doors, "db">} doors
 * @param {string} speaker
 */
export async function withdrawSpeaker({ db }, speaker) {
  await db.change("speakers", speaker, () => ({ refused: "speaker-withdrawn" }));
  for (const clip of await db.clipsBy("speaker", speaker)) await withdraw({ db }, clip.id);
  for (const consent of await db.all("consents")) {
    if (consent.speaker !== speaker || !consent.request.evidence) continue;
    await db.commit([{ table: "sounds", drop: consent.id }]);
  }
}
