/** Bring the clips home: announce a batch, put the bytes, ask for the receipts. */

import { Problem, problemOf } from "../door.js";
import { arrive, move, refuse, rest } from "./moves.js";
import { rests } from "./pause.js";
import { goesInParts, partsHome, prepare, transfer } from "./transfer.js";

/** @typedef {import("./round.js").Round} Round */
/** @typedef {import("../db.js").Clip} Clip */
/** @typedef {import("../api.js").BatchAnswer} BatchAnswer */

const MOST = 100;
/** The first batches are small: a link that is gone again in a minute has brought something home. */
const FIRST = 4;
/** So many bytes a batch at most: on a slow link the addresses must not run out meanwhile. */
const BATCH_BYTES = 8_000_000;
const LANES = 2;

/** @param {Round} round */
export async function sendClips(round) {
  const { db, now } = round.doors;
  /** @type {Map<string, Clip[]>} */
  const queues = new Map();
  for (const state of /** @type {const} */ (["sent", "ready"])) {
    for (const clip of await db.clipsBy("state", state)) {
      const why = round.away.get(clip.session);
      if (why && (await restsOn(round, clip, why))) await refuse(round, clip.id, why);
      else if (why !== undefined || !round.tokens.has(clip.collector)) continue;
      else if (!round.hurry && rests(clip.next_try, now())) round.wait(clip.next_try);
      else if (!queues.get(clip.collector)?.push(clip)) queues.set(clip.collector, [clip]);
    }
  }
  for (const [collector, clips] of queues) {
    try {
      await sendQueue(round, round.tokens.get(collector) ?? "", clips);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      await round.signOut(collector);
    }
  }
}

/**
 * Whether what a clip rests on is still refused: somebody may have corrected it since this round began.
 *
 * @param {Round} round
 * @param {Clip} clip
 * @param {string} why
 */
async function restsOn({ doors: { db } }, { speaker, session }, why) {
  const under = await db.get("sessions", session);
  const rows = [
    under,
    await db.get("speakers", speaker),
    await db.get("consents", under?.request.consent),
  ];
  return rows.some((row) => row?.refused === why);
}

/**
 * @param {Round} round
 * @param {string} token
 * @param {Clip[]} clips of one collector
 */
async function sendQueue(round, token, clips) {
  const stored = clips.filter((clip) => clip.state === "sent" || clip.unsure);
  const open = clips.filter((clip) => !stored.includes(clip));
  while (stored.length) open.push(...(await confirm(round, token, stored.splice(0, MOST))));
  let size = FIRST;
  while (open.length && !round.hopeless) {
    const batch = await cutBatch(round, open, size);
    const uploads = await announce(round, token, batch);
    if (!uploads) {
      // The whole batch was refused: whichever clip it is, it must not hold up the others.
      size = Math.ceil(batch.length / 2);
      open.unshift(...batch);
      continue;
    }
    const { there, back } = await transferAll(round, uploads);
    open.unshift(...back);
    if (there.length) open.unshift(...(await confirm(round, token, there)));
    size = Math.min(size * 2, MOST);
  }
}

/**
 * Take the next clips off the queue, as they are now.
 *
 * @param {Round} round
 * @param {Clip[]} open
 * @param {number} size
 */
async function cutBatch(round, open, size) {
  /** @type {Clip[]} */
  const batch = [];
  let bytes = 0;
  while (open[0] && batch.length < size) {
    bytes += open[0].request.bytes;
    if (batch.length && bytes > BATCH_BYTES) break;
    const clip = await prepare(round, /** @type {Clip} */ (open.shift()));
    if (clip) batch.push(clip);
  }
  return batch;
}

/**
 * @param {Round} round
 * @param {string} token
 * @param {Clip[]} batch
 * @returns {Promise<{clip: Clip, upload: import("../api.js").Upload | null}[] | null>} null: refused as
 *   a whole, to be tried in smaller pieces
 */
async function announce(round, token, batch) {
  if (!batch.length) return [];
  const items = batch.map(({ id, request, parts }) => ({
    id,
    ...request,
    ...(parts && { parts }),
  }));
  /** @type {BatchAnswer[]} */
  let answers;
  try {
    answers = await round.doors.api.announceClips(token, items);
  } catch (error) {
    if (!(error instanceof Problem) || error.passing) throw error;
    const [only, second] = batch;
    if (!only || second) return null;
    await refuse(round, only.id, error.slug);
    return [];
  }
  const uploads = [];
  for (const { clip, answer } of pair(batch, answers)) {
    if (answer && !answer.problem) uploads.push({ clip, upload: answer.upload ?? null });
    else await fail(round, clip, answer);
  }
  return uploads;
}

/**
 * @param {Clip[]} clips
 * @param {BatchAnswer[]} answers
 */
function pair(clips, answers) {
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  return clips.map((clip) => ({ clip, answer: byId.get(clip.id) }));
}

/**
 * @param {Round} round
 * @param {Clip} clip
 * @param {BatchAnswer | undefined} answer
 */
async function fail(round, clip, answer) {
  const problem = problemOf(answer?.problem, answer?.status ?? 500);
  if (problem.passing) await rest(round, clip.id);
  else await refuse(round, clip.id, problem.slug);
}

/**
 * @param {Round} round
 * @param {{clip: Clip, upload: import("../api.js").Upload | null}[]} uploads
 * @returns {Promise<{there: Clip[], back: Clip[]}>} there: the store has the bytes, or may have them;
 *   back: the link turned bad before their turn, so they are to be announced in parts
 */
async function transferAll(round, uploads) {
  const queue = [...uploads];
  /** @type {Clip[]} */
  const there = [];
  /** @type {Clip[]} */
  const back = [];
  async function lane() {
    for (let next = queue.shift(); next && !round.hopeless; next = queue.shift()) {
      const { clip, upload } = next;
      if (upload && goesInParts(round, clip)) back.push(clip);
      else {
        const after = upload ? await transfer(round, clip, upload) : clip;
        if (after) there.push(after);
      }
    }
  }
  const { link, now } = round.doors;
  const lanes = Array.from({ length: link.badUntil > now() ? 1 : LANES }, lane);
  // All of them have ended before a failure is told: nothing goes on without the lock.
  for (const ended of await Promise.allSettled(lanes)) {
    if (ended.status === "rejected") throw ended.reason;
  }
  return { there, back };
}

/**
 * @param {Round} round
 * @param {string} token
 * @param {Clip[]} clips at most 100
 * @returns {Promise<Clip[]>} those whose bytes did not arrive, to be sent at once
 */
async function confirm(round, token, clips) {
  const ids = clips.map((clip) => clip.id);
  /** @type {Clip[]} */
  const again = [];
  for (const { clip, answer } of pair(clips, await round.doors.api.confirmClips(token, ids))) {
    const problem = answer?.problem ? problemOf(answer.problem, answer.status) : null;
    const receipt = answer?.receipt;
    if (receipt && receipt.sha256 === clip.request.sha256) {
      await arrive(round, clip.id, receipt);
    } else if (problem?.slug === "bytes-missing" || problem?.slug === "not-found") {
      const row = await sendAgain(round, clip, problem);
      if (row) again.push(row);
    } else if (problem) await fail(round, clip, answer);
    // Parts are being joined, or the receipt is about other bytes: the bytes stay here.
    else await rest(round, clip.id);
  }
  return again;
}

/**
 * The store lost them, or never had them: what is kept here is sent again. At once when it was a
 * doubt that is settled now; else after a rest.
 *
 * @param {Round} round
 * @param {Clip} clip
 * @param {Problem} problem says which parts are missing, where it was sent in parts
 * @returns {Promise<Clip | null>} null: later
 */
async function sendAgain(round, clip, problem) {
  /** @type {Partial<Clip>} */
  const news = { state: "ready", sent: false, unsure: false, parts_home: partsHome(problem) };
  if (!clip.unsure) {
    await rest(round, clip.id, news);
    return null;
  }
  const row = await move(round, clip.id, () => news);
  if (!row || row.next_try <= round.doors.now()) return row;
  round.wait(row.next_try);
  return null;
}
