/** Bring bytes into the store, a clip's or a consent's: whole, or in parts after a transfer broke. */

import { hexDigest } from "../digest.js";
import { NoAnswer } from "../door.js";
import { move, refuse, rest } from "./moves.js";

/** @typedef {import("./round.js").Round} Round */
/** @typedef {import("../db.js").Clip} Clip */
/** @typedef {import("../db.js").Row} Row a clip, or a consent with evidence */
/** @typedef {{n: number, sha256: string, bytes: number}} Part */

/** Small enough to pass a link that cuts every connection after a hundred kilobytes or less. */
export const PART_BYTES = 65_536;
/** How long a link is taken for bad after a transfer broke; then a whole file is tried again. */
const BAD_MS = 180_000;
const TRIES_OF_A_PART = 2;

/**
 * @param {ArrayBuffer} bytes
 * @returns {Promise<Part[]>}
 */
export async function splitParts(bytes) {
  /** @type {Part[]} */
  const parts = [];
  for (let at = 0; at < bytes.byteLength; at += PART_BYTES) {
    const piece = bytes.slice(at, at + PART_BYTES);
    const sha256 = await hexDigest(piece);
    parts.push({ n: parts.length + 1, sha256, bytes: piece.byteLength });
  }
  return parts;
}

/**
 * @param {Row} row
 * @returns {{sha256: string, bytes: number}} what was announced of its bytes
 */
const announced = ({ request }) => request.evidence ?? request;

/**
 * Whether something is still whole that goes in parts: on a bad link all that is not small.
 *
 * @param {Round} round
 * @param {Row} row
 */
export function goesInParts({ doors }, row) {
  return !row.parts && announced(row).bytes > PART_BYTES && doors.link.badUntil > doors.now();
}

/**
 * @param {import("../door.js").Problem} problem `bytes-missing`
 * @returns {number} how many parts, from the first, the store has
 */
export function partsHome({ missing }) {
  return missing.length ? Math.min(...missing) - 1 : 0;
}

/**
 * @param {Round} round
 * @param {Row} row
 * @returns {Promise<ArrayBuffer | null>} null: they are not here, or not what they were when kept
 */
export async function bytesOf({ doors }, row) {
  const sound = await doors.db.get("sounds", row.id);
  return sound && (await hexDigest(sound.bytes)) === announced(row).sha256 ? sound.bytes : null;
}

/**
 * Before a clip is announced.
 *
 * @param {Round} round
 * @param {Clip} clip
 * @returns {Promise<Clip | null>} null: it is no longer on its way
 */
export async function prepare(round, clip) {
  return goesInParts(round, clip) ? takeApart(round, clip.id) : clip;
}

/**
 * @param {Round} round
 * @param {string} id
 * @param {Partial<Clip>} [news]
 */
async function takeApart(round, id, news = {}) {
  const sound = await soundOf(round, id);
  if (!sound) return null;
  const parts = await splitParts(sound);
  return move(round, id, () => ({ parts, parts_home: 0, ...news }));
}

/**
 * The clip's bytes, if they are still on their way.
 *
 * @param {Round} round
 * @param {string} id
 * @returns {Promise<ArrayBuffer | null>}
 */
async function soundOf(round, id) {
  const clip = await round.doors.db.get("clips", id);
  if (clip?.state !== "ready") return null;
  const bytes = await bytesOf(round, clip);
  if (!bytes) await refuse(round, id, "bytes-lost");
  return bytes;
}

/**
 * @param {Round} round
 * @param {Clip} clip
 * @param {import("../api.js").Upload} upload
 * @returns {Promise<Clip | null>} the clip when the store has the bytes, or may have them; null: not now
 */
export async function transfer(round, clip, upload) {
  const bytes = await soundOf(round, clip.id);
  if (!bytes) return null;
  try {
    const keep = (/** @type {number} */ n) =>
      move(round, clip.id, () => ({ parts_home: n, tries: 0 }));
    if (await carry(round, clip, upload, bytes, keep)) {
      return move(round, clip.id, () => ({ state: "sent", sent: true, unsure: false, tries: 0 }));
    }
  } catch {
    await rest(round, clip.id);
    return null;
  }
  // The answer may be all that was lost: the confirmation tells, before anything is sent again.
  if (goesInParts(round, clip)) return takeApart(round, clip.id, { unsure: true });
  round.broken++;
  return rest(round, clip.id, { unsure: true });
}

/**
 * Put bytes where the server said, in parts where they were announced so.
 *
 * @param {Round} round
 * @param {Row} row
 * @param {import("../api.js").Upload} upload
 * @param {ArrayBuffer} bytes
 * @param {(n: number) => Promise<unknown>} keep writes that so many parts are home; null: no more of it
 * @returns {Promise<boolean>} false: the link broke, and is taken for bad for a while. Throws what the
 *   store refused.
 */
export async function carry(round, row, upload, bytes, keep) {
  const { link, now } = round.doors;
  try {
    if (row.parts && upload.parts) await putParts(round, row, upload.parts, bytes, keep);
    else await putWhole(round, upload, bytes);
    return true;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    link.badUntil = now() + BAD_MS;
    return false;
  }
}

/**
 * @param {Round} round
 * @param {import("../api.js").Put} put
 * @param {ArrayBuffer} bytes
 */
async function putWhole(round, put, bytes) {
  try {
    await round.doors.api.putBytes(put, bytes);
  } catch (error) {
    if (!(error instanceof NoAnswer)) round.refused++;
    throw error;
  }
  round.broken = 0;
  round.refused = 0;
}

/**
 * Put the parts that are not home, one after the other: a connection that is cut costs one of them.
 *
 * @param {Round} round
 * @param {Row} row
 * @param {(import("../api.js").Put & {n: number})[]} puts
 * @param {ArrayBuffer} bytes
 * @param {(n: number) => Promise<unknown>} keep
 */
async function putParts(round, { parts = [], parts_home = 0 }, puts, bytes, keep) {
  const where = new Map(puts.map((put) => [put.n, put]));
  let at = 0;
  for (const part of parts) {
    const piece = bytes.slice(at, at + part.bytes);
    at += part.bytes;
    const put = where.get(part.n);
    if (!put || part.n <= parts_home) continue;
    for (let tries = 1; ; tries++) {
      try {
        await putWhole(round, put, piece);
        break;
      } catch (error) {
        if (!(error instanceof NoAnswer) || tries >= TRIES_OF_A_PART) throw error;
      }
    }
    if (!(await keep(part.n))) return;
  }
}
