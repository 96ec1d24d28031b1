/** Bring the evidence of consents home, the way clips go: whole, or in parts on a bad link. */

import { Problem } from "../door.js";
import { WITHDRAWN } from "./moves.js";
import { pauseAfter } from "./pause.js";
import { slugOf } from "./records.js";
import { bytesOf, carry, goesInParts, partsHome, splitParts } from "./transfer.js";

/** @typedef {import("./round.js").Round} Round */
/** @typedef {import("../db.js").Row} Row */

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
    else if (await settle(round, row, token)) link.rests.delete(row.id);
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
async function settle(round, row, token) {
  /** @type {string} */
  let evidence;
  try {
    evidence = await bring(round, row, token);
  } catch (error) {
    evidence = await slugOf(round, row.collector, error);
  }
  if (!evidence) return false;
  /** @type {import("../db.js").Change[]} */
  const also =
    evidence === "home" || WITHDRAWN.has(evidence) ? [{ table: "sounds", drop: row.id }] : [];
  await round.doors.db.change("consents", row.id, () => ({ evidence }), also);
  return true;
}

/**
 * @param {Round} round
 * @param {Row} row
 * @param {string} token
 * @returns {Promise<string>} "": not yet; `home`, or the problem for which it never will be
 */
async function bring(round, row, token) {
  const { api } = round.doors;
  const bytes = await bytesOf(round, row);
  if (bytes && goesInParts(round, row)) {
    await note(round, row, { parts: await splitParts(bytes), parts_home: 0 });
  }
  const { evidence } = row.request;
  const request = {
    ...row.request,
    evidence: { ...evidence, ...(row.parts && { parts: row.parts }) },
  };
  const { upload } = await api.putRecord(token, "consents", row.id, request);
  if (!upload) return "home";
  if (!bytes) return "bytes-lost";
  const came = await carry(round, row, upload, bytes, (n) => note(round, row, { parts_home: n }));
  if (came) return confirm(round, row, token);
  if (!goesInParts(round, row)) {
    round.broken++;
    return "";
  }
  // The answer may be all that was lost: the confirmation tells, before anything is sent again.
  return (await confirm(round, row, token)) || bring(round, row, token);
}

/**
 * @param {Round} round
 * @param {Row} row
 * @param {Partial<Row>} news
 */
async function note({ doors }, row, news) {
  Object.assign(row, news);
  return doors.db.change("consents", row.id, () => news);
}

/**
 * @param {Round} round
 * @param {Row} row
 * @param {string} token
 * @returns {Promise<string>} "": the bytes have not come, or their parts are being joined
 */
async function confirm(round, row, token) {
  try {
    return (await round.doors.api.confirmEvidence(token, row.id)) ? "home" : "";
  } catch (error) {
    if (!(error instanceof Problem) || error.slug !== "bytes-missing") throw error;
    if (row.parts) await note(round, row, { parts_home: partsHome(error) });
    return "";
  }
}
