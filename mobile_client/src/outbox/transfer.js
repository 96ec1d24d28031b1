/** Bring one clip's bytes into the store: whole, or in parts after a transfer broke. */

import { hexDigest } from "../digest.js";
import { NoAnswer } from "../door.js";
import { move, refuse, rest } from "./moves.js";

/** @typedef {import("./round.js").Round} Round */
/** @typedef {import("../db.js").Clip} Clip */
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
 * Whether a clip is still whole that goes in parts: on a bad link every one that is not small.
 *
 * @param {Round} round
 * @param {Clip} clip
 */
export function goesInParts({ doors }, clip) {
  return !clip.parts && clip.request.bytes > PART_BYTES && doors.link.badUntil > doors.now();
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
 * The clip's bytes, if they are still on their way and what they were when they were kept.
 *
 * @param {Round} round
 * @param {string} id
 * @returns {Promise<ArrayBuffer | null>}
 */
async function soundOf(round, id) {
  const { db } = round.doors;
  const [clip, sound] = await Promise.all([db.get("clips", id), db.get("sounds", id)]);
  if (clip?.state !== "ready") return null;
  if (sound && (await hexDigest(sound.bytes)) === clip.request.sha256) return sound.bytes;
  await refuse(round, id, "bytes-lost");
  return null;
}

/**
 * @param {Round} round
 * @param {Clip} clip
 * @param {import("../api.js").Upload} upload
 * @returns {Promise<Clip | null>} the clip when the store has the bytes, or may have them; null: not now
 */
export async function transfer(round, clip, upload) {
  const { link, now } = round.doors;
  const bytes = await soundOf(round, clip.id);
  if (!bytes) return null;
  try {
    if (clip.parts && upload.parts) await putParts(round, clip, clip.parts, upload.parts, bytes);
    else await putWhole(round, upload, bytes);
  } catch (error) {
    if (!(error instanceof NoAnswer)) {
      await rest(round, clip.id);
      return null;
    }
    link.badUntil = now() + BAD_MS;
    // The answer may be all that was lost: the confirmation tells, before anything is sent again.
    if (!clip.parts && bytes.byteLength > PART_BYTES) {
      return takeApart(round, clip.id, { unsure: true });
    }
    round.broken++;
    return rest(round, clip.id, { unsure: true });
  }
  return move(round, clip.id, () => ({ state: "sent", sent: true, unsure: false, tries: 0 }));
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
 * @param {Clip} clip
 * @param {Part[]} parts
 * @param {(import("../api.js").Put & {n: number})[]} puts
 * @param {ArrayBuffer} bytes
 */
async function putParts(round, clip, parts, puts, bytes) {
  const where = new Map(puts.map((put) => [put.n, put]));
  let at = 0;
  for (const part of parts) {
    const piece = bytes.slice(at, at + part.bytes);
    at += part.bytes;
    const put = where.get(part.n);
    if (!put || part.n <= (clip.parts_home ?? 0)) continue;
    for (let tries = 1; ; tries++) {
      try {
        await putWhole(round, put, piece);
        break;
      } catch (error) {
        if (!(error instanceof NoAnswer) || tries >= TRIES_OF_A_PART) throw error;
      }
    }
    if (!(await move(round, clip.id, () => ({ parts_home: part.n, tries: 0 })))) return;
  }
}
