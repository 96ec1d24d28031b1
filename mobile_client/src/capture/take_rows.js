/** A take in the phone's storage: its row from the first sample on, until it is kept or thrown away. */

import * as db from "../db.js";
import { hexDigest } from "../digest.js";
import { newRow } from "../rows.js";
import { uuid7 } from "../uuid7.js";
import { CONTENT_TYPE, header } from "./flac.js";

/** @typedef {db.Clip} Clip */

const lockOf = (/** @type {string} */ id) => `take:${id}`;

/**
 * Return the row of a take that begins now; its id is the clip's for ever.
 *
 * @param {db.Row} session
 * @param {import("../api.js").Prompt} prompt
 * @param {{seq: number, take: number, rate: number}} facts
 * @returns {Clip}
 */
export function newTake(session, prompt, { seq, take, rate }) {
  const now = Date.now();
  const request = {
    session: session.id,
    prompt: prompt.id,
    seq,
    take,
    content_type: CONTENT_TYPE,
    recorded_at: new Date(now).toISOString(),
    client_checks: {},
  };
  return {
    ...newRow(session, uuid7(now), session.speaker, request),
    session: session.id,
    prompt,
    state: "recording",
    rate,
    receipt: null,
    verdict: null,
    tries: 0,
    next_try: 0,
  };
}

/** Let go by this page a moment ago; the browser may not have noticed yet. */
const freed = new Set();

/**
 * Hold a take, so that no other page takes it for one whose page died. The browser lets it go when
 * this page ends.
 *
 * @param {string} id
 * @returns {Promise<() => void>} lets it go
 */
export function holdTake(id) {
  freed.delete(id);
  return new Promise((held) => {
    const hold = () =>
      new Promise((free) => {
        held(() => {
          freed.add(id);
          free(null);
        });
      });
    // Two pages that found it at once both show it: whoever decides first has decided.
    if (navigator.locks) void navigator.locks.request(lockOf(id), { ifAvailable: true }, hold);
    else void hold();
  });
}

const undecided = (/** @type {Clip} */ { state }) => state === "recording" || state === "review";

/** @returns {Promise<Clip[]>} takes that nobody holds and nobody decided about, in the order of time */
export async function looseTakes() {
  const rows = [
    ...(await db.clipsBy("state", "recording")),
    ...(await db.clipsBy("state", "review")),
  ];
  const held = new Set((await navigator.locks?.query())?.held?.map((lock) => lock.name));
  return rows.filter(({ id }) => freed.has(id) || !held.has(lockOf(id)));
}

/**
 * The take is whole: from now on a person decides.
 *
 * @param {string} id
 * @param {string} note why it ended by itself, or empty
 * @param {Record<string, unknown>} checks
 */
export function reviewTake(id, note, checks) {
  return db.change("clips", id, ({ state, request }) => {
    if (state !== "recording") return null;
    const whole = { ...request, client_checks: checks };
    return { state: /** @type {const} */ ("review"), note, request: whole };
  });
}

/**
 * A take's frames as one file. A frame that is missing ends it: what follows would be in the wrong place.
 *
 * @param {Clip} row
 * @returns {Promise<{bytes: ArrayBuffer, samples: number}>}
 */
export async function fileOf(row) {
  const frames = (await db.framesOf(row.id)).filter((frame, index) => frame.n === index);
  const samples = frames.reduce((sum, frame) => sum + frame.samples, 0);
  const parts = [header(row.rate ?? 0, samples), ...frames.map((frame) => frame.bytes)];
  return { bytes: await new Blob(parts).arrayBuffer(), samples };
}

/**
 * Keep a take: its file and its request are written, its frames dropped, all at once and for sure.
 * From then on it is never lost. Throws QuotaExceededError when the phone is full; the take stays.
 *
 * @param {string} id
 * @param {Record<string, unknown>} checks
 * @returns {Promise<Clip | null>} null: it is not there any more, or kept already
 */
export async function keepTake(id, checks) {
  const take = await db.get("clips", id);
  if (!take) return null;
  const { bytes, samples } = await fileOf(take);
  const sha256 = await hexDigest(bytes);
  /** @param {Clip} row */
  const kept = (row) => ({
    state: /** @type {const} */ ("ready"),
    request: {
      ...row.request,
      sha256,
      bytes: bytes.byteLength,
      duration_ms: Math.round((samples / (row.rate || 1)) * 1000),
      client_checks: checks,
    },
  });
  const after = await db.change("clips", id, (row) => (undecided(row) ? kept(row) : null), [
    { table: "sounds", put: { id, bytes } },
    { table: "frames", drop: db.everyFrame(id) },
  ]);
  // Taken back while it was recorded: nothing of it stays.
  if (!after) await dropTake(id);
  return after;
}

/**
 * Throw a take away, unless somebody kept it meanwhile: then it has no frames any more.
 *
 * @param {string} id
 */
export async function dropTake(id) {
  await db.commit([{ table: "frames", drop: db.everyFrame(id) }]);
  await db.change("clips", id, (row) => (undecided(row) ? row : null), [
    { table: "clips", drop: id },
  ]);
}
