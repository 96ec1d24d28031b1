/** Send speakers, consents and sessions, in this order. */

import { Problem } from "../door.js";

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
