/** Send speakers, consents and sessions, in this order; then the recorded words of consents. */

import { NoAnswer, Problem } from "../door.js";
import { pauseAfter } from "./pause.js";

/** @typedef {import("./round.js").Round} Round */
/** @typedef {import("../db.js").Row} Row */
/** @typedef {"speakers" | "consents" | "sessions"} Table */

/** @type {Table[]} */
const RECORDS = ["speakers", "consents", "sessions"];

/** @param {Round} round */
export async function sendRecords(round) {
  for (const table of RECORDS) {
    for (const row of await round.doors.db.all(table)) {
      if (row.sent) continue;
      const why = await sendRecord(round, table, row);
      if (why === null) continue;
      round.away.set(row.id, why);
      if (!why && round.tokens.has(row.collector)) round.trouble();
    }
  }
}

/**
 * @param {Round} round
 * @param {Table} table
 * @param {Row} row
 * @returns {Promise<string | null>} null: it is there; "": not yet; else the problem
 */
async function sendRecord(round, table, row) {
  const { api, db } = round.doors;
  if (row.refused) return row.refused;
  const { speaker, consent } = row.request;
  for (const id of [speaker, consent]) {
    const why = round.away.get(id);
    if (why !== undefined) return why;
  }
  const token = round.tokens.get(row.collector);
  if (!token) return "";
  try {
    await api.putRecord(token, table, row.id, row.request);
  } catch (error) {
    const slug = await slugOf(round, row.collector, error);
    if (slug) await db.change(table, row.id, () => ({ refused: slug }));
    return slug;
  }
  await db.change(table, row.id, () => ({ sent: true }));
  return null;
}

/**
 * What a failure means for one row. Throws what is not the row's own.
 *
 * @param {Round} round
 * @param {string} collector
 * @param {unknown} error
 * @returns {Promise<string>} the problem, or "" for one that passes
 */
export async function slugOf(round, collector, error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 401) await round.signOut(collector);
  return error.passing ? "" : error.slug;
}

/**
 * After the clips: a large recording on a bad link must not hold them up.
 *
 * @param {Round} round
 */
export async function sendEvidence(round) {
  const { db, now, link } = round.doors;
  for (const row of await db.all("consents")) {
    if (!row.request.evidence || !row.sent || row.refused || row.evidence) continue;
    const token = round.tokens.get(row.collector);
    const { tries, until } = link.rests.get(row.id) ?? { tries: 0, until: 0 };
    if (!token) continue;
    if (until > now() && !round.hurry) round.wait(until);
    else if (await sendOneEvidence(round, row, token)) link.rests.delete(row.id);
    else {
      const later = now() + pauseAfter(tries + 1);
      link.rests.set(row.id, { tries: tries + 1, until: later });
      round.wait(later);
    }
  }
}

/**
 * @param {Round} round
 * @param {Row} row
 * @param {string} token
 * @returns {Promise<boolean>} false: not yet
 */
async function sendOneEvidence(round, row, token) {
  const { api, db } = round.doors;
  try {
    const { upload } = await api.putRecord(token, "consents", row.id, row.request);
    if (upload) {
      const sound = await db.get("sounds", row.id);
      if (!sound) return settle(round, row, "bytes-lost");
      try {
        await api.putBytes(upload, sound.bytes);
        round.broken = 0;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        round.broken++;
        return false;
      }
      await api.confirmEvidence(token, row.id);
    }
    return settle(round, row, "home");
  } catch (error) {
    const slug = await slugOf(round, row.collector, error);
    return slug && slug !== "bytes-missing" ? settle(round, row, slug) : false;
  }
}

/**
 * @param {Round} round
 * @param {Row} row
 * @param {string} evidence
 */
async function settle({ doors }, row, evidence) {
  /** @type {import("../db.js").Change[]} */
  const also = evidence === "home" ? [{ table: "sounds", drop: row.id }] : [];
  await doors.db.change("consents", row.id, () => ({ evidence }), also);
  return true;
}
