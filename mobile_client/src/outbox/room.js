/** How much more speech this phone can keep, as far as the browser tells. */

/** Never counted as free: the estimate is one, and other apps write as well. */
const MARGIN = 100_000_000;
/** FLAC at 48 kHz, until this phone has shown what its speech takes. */
const BYTES_PER_SECOND = 50_000;
const NEWEST = 20;

/** @returns {Promise<number | null>} bytes; null: the browser does not tell */
export async function freeBytes() {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return quota === undefined ? null : Math.max(0, quota - (usage ?? 0));
}

/**
 * Pure: what a second of speech takes on this phone.
 *
 * @param {import("../db.js").Clip[]} clips
 */
export function bytesPerSecond(clips) {
  let bytes = 0;
  let ms = 0;
  for (const { request } of clips) {
    // A take that is being recorded has neither yet.
    if (!request.bytes || !request.duration_ms) continue;
    bytes += request.bytes;
    ms += request.duration_ms;
  }
  return ms ? (bytes / ms) * 1000 : BYTES_PER_SECOND;
}

/**
 * @param {Pick<typeof import("../db.js"), "latestClips">} db
 * @returns {Promise<number | null>} hours of speech, one digit
 */
export async function hoursLeft(db) {
  const free = await freeBytes();
  if (free === null) return null;
  const rate = bytesPerSecond(await db.latestClips(NEWEST));
  return Math.floor((Math.max(0, free - MARGIN) / rate / 3600) * 10) / 10;
}
