/** The speakers of this phone: added, corrected, and sent again after a refusal. */

import * as db from "./db.js";
import { newPost } from "./posts.js";
import { newRow } from "./rows.js";
import { uuid7 } from "./uuid7.js";

/** @typedef {Record<string, unknown>} Answers */

/**
 * @param {db.Enrolment} enrolment
 * @param {Answers} demographics
 */
export async function keepSpeaker(enrolment, demographics) {
  const id = uuid7();
  const made = newRow(enrolment, id, id, { campaign: enrolment.campaign, demographics });
  await db.put("speakers", made);
  return made;
}

/**
 * Pure: what a speaker said of themselves, as corrected.
 *
 * @param {db.Row} speaker
 * @returns {Answers}
 */
export function answersOf(speaker) {
  return speaker.answers ?? speaker.request.demographics ?? {};
}

/**
 * Pure: whether the answers say that this is a child, for whom a guardian must agree.
 *
 * @param {Answers} answers
 * @param {number} year of today
 */
export function isMinor({ age_band, birth_year }, year) {
  if (typeof birth_year === "number") return year - birth_year < 18;
  return age_band === "under-18";
}

/**
 * Correct what a speaker said. One that the server refused is sent again with the new answers; any
 * other request may have reached the server, so it stays, and a correction follows it.
 *
 * @param {string} id
 * @param {Answers} demographics
 * @returns {Promise<db.Row | null>} null: they have withdrawn
 */
export async function correctSpeaker(id, demographics) {
  const before = await db.get("speakers", id);
  if (!before || before.refused === "speaker-withdrawn") return null;
  if (before.refused) {
    const after = await db.change("speakers", id, ({ request }) => ({
      request: { ...request, demographics },
      refused: "",
    }));
    await takeAgain(id, before.refused);
    return after;
  }
  const also = [
    newPost(before.collector, `speakers/${id}`, { demographics }, { method: "PATCH", needs: id }),
  ];
  return db.change("speakers", id, () => ({ answers: demographics }), also);
}

/**
 * What hung on a row that was refused waits no longer: consents, sessions and clips that were given
 * up for its sake go out again.
 *
 * @param {string} speaker
 * @param {string} slug
 * @param {(row: db.Row) => boolean} [which]
 */
export async function takeAgain(speaker, slug, which = () => true) {
  for (const table of /** @type {const} */ (["consents", "sessions"])) {
    for (const row of await db.all(table)) {
      if (row.speaker !== speaker || !which(row)) continue;
      await db.change(table, row.id, (now) => (now.refused === slug ? { refused: "" } : null));
    }
  }
  /** @type {Partial<db.Clip>} */
  const open = { state: "ready", refused: "", tries: 0, next_try: 0 };
  for (const clip of await db.clipsBy("speaker", speaker)) {
    if (!which(clip)) continue;
    await db.change("clips", clip.id, ({ state, refused }) =>
      state === "refused" && refused === slug ? open : null,
    );
  }
}
