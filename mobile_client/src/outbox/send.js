/** Send what is kept, in the order the server needs, until a receipt lets the bytes go. */

import { NoAnswer, Problem } from "../api.js";

/**
 * @typedef {object} Doors what the outbox works with; tests give their own
 * @property {Pick<typeof import("../api.js"), "putRecord" | "putClip" | "putBytes" | "confirmClip">} api
 * @property {Pick<typeof import("../db.js"), "all" | "get" | "put" | "commit">} db
 * @property {() => number} now
 */

/** @typedef {"empty" | "waiting" | "offline" | "signed-out"} Outcome */

const PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 300_000;
/** @type {("speakers" | "consents" | "sessions")[]} */
const RECORDS = ["speakers", "consents", "sessions"];
/** Erased by the person whose voice it is: nothing of it stays here either. */
const WITHDRAWN = new Set(["clip-withdrawn", "speaker-withdrawn"]);

/**
 * Pure: how long a clip rests after its n-th failure, with jitter, so that many phones that lost
 * the same server do not come back in step.
 *
 * @param {number} tries
 * @param {number} [random] 0 to 1
 */
export function pauseAfter(tries, random = Math.random()) {
  return Math.min(PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS) * (0.75 + random / 2);
}

/**
 * Go once through everything that is not home yet.
 *
 * `empty`: all of it is home. `waiting`: something rests until its next try. `offline`: no answer,
 * nothing more was tried. `signed-out`: a phone's token is no longer good.
 *
 * @param {Doors} doors
 * @param {{hurry?: boolean}} [how] hurry: also what rests (the network is back)
 * @returns {Promise<Outcome>}
 */
export async function sendAll(doors, { hurry = false } = {}) {
  const { db } = doors;
  const enrolments = await db.all("enrolments");
  const tokens = new Map(enrolments.map((row) => [row.collector, row.token]));
  /** @type {Map<string, string>} id of what the server has not, and why ("" = not yet) */
  const away = new Map();
  let outcome = /** @type {Outcome} */ ("empty");
  try {
    for (const table of RECORDS) {
      for (const row of await db.all(table)) {
        if (row.sent) continue;
        const why = await sendRecord(doors, table, row, tokens, away);
        if (why === null) continue;
        away.set(row.id, why);
        if (!why) outcome = "waiting";
      }
    }
    for (const clip of await db.all("clips")) {
      if (clip.state === "confirmed" || clip.state === "refused") continue;
      const rests = !hurry && clip.next_try > doors.now();
      if (rests || !(await sendClip(doors, clip, tokens, away))) outcome = "waiting";
    }
  } catch (error) {
    if (error instanceof NoAnswer) return "offline";
    if (error instanceof Problem && error.status === 401) return "signed-out";
    throw error;
  }
  return outcome;
}

/**
 * @param {Doors} doors
 * @param {"speakers" | "consents" | "sessions"} table
 * @param {import("../db.js").Row} row
 * @param {Map<string, string>} tokens
 * @param {Map<string, string>} away
 * @returns {Promise<string | null>} null: it is there; "": not yet; else the problem
 */
async function sendRecord({ api, db }, table, row, tokens, away) {
  if (row.refused) return row.refused;
  const needs = [row.request.speaker, row.request.consent].filter((id) => away.has(id));
  if (needs.length) return away.get(needs[0]) ?? "";
  const token = tokens.get(row.collector);
  if (!token) return "";
  try {
    await api.putRecord(token, table, row.id, row.request);
  } catch (error) {
    if (!(error instanceof Problem) || error.status === 401) throw error;
    if (error.passing) return "";
    await db.put(table, { ...row, refused: error.slug });
    return error.slug;
  }
  await db.put(table, { ...row, sent: true });
  return null;
}

/**
 * @param {Doors} doors
 * @param {import("../db.js").Clip} clip
 * @param {Map<string, string>} tokens
 * @param {Map<string, string>} away
 * @returns {Promise<boolean>} whether nothing more is to be done for it
 */
async function sendClip(doors, clip, tokens, away) {
  const { api, db } = doors;
  const blocked = away.get(clip.session);
  const token = tokens.get(clip.collector);
  if (blocked === "" || !token) return false;
  if (blocked) {
    await refuse(doors, clip, blocked);
    return true;
  }
  let now = clip;
  try {
    const announced = await api.putClip(token, clip.id, clip.request);
    const sound = announced.upload && (await db.get("sounds", clip.id));
    if (announced.upload && sound) {
      await api.putBytes(announced.upload, sound.bytes);
      now = { ...clip, state: "sent", sent: true };
      await db.put("clips", now);
    }
    const answer = await api.confirmClip(token, clip.id);
    const { receipt } = answer;
    if (receipt && receipt.sha256 === clip.request.sha256) {
      /** @type {import("../db.js").Clip} */
      const home = { ...now, state: "confirmed", sent: true, receipt };
      await db.commit([
        { table: "clips", put: home },
        { table: "sounds", drop: clip.id },
      ]);
      return true;
    }
  } catch (error) {
    if (error instanceof NoAnswer) {
      await rest(doors, now);
      throw error;
    }
    if (!(error instanceof Problem) || error.status === 401) throw error;
    // The store lost them, or never had them: what is kept here is sent again.
    if (!error.passing && error.slug !== "bytes-missing") {
      await refuse(doors, now, error.slug);
      return true;
    }
  }
  await rest(doors, now);
  return false;
}

/**
 * Stop trying. The sound stays, for a person to look at, unless its speaker took it back.
 *
 * @param {Doors} doors
 * @param {import("../db.js").Clip} clip
 * @param {string} slug
 */
async function refuse({ db }, clip, slug) {
  /** @type {import("../db.js").Change[]} */
  const changes = [{ table: "clips", put: { ...clip, state: "refused", refused: slug } }];
  if (WITHDRAWN.has(slug)) changes.push({ table: "sounds", drop: clip.id });
  await db.commit(changes);
}

/**
 * @param {Doors} doors
 * @param {import("../db.js").Clip} clip
 */
async function rest({ db, now }, clip) {
  const tries = clip.tries + 1;
  await db.put("clips", { ...clip, tries, next_try: now() + pauseAfter(tries) });
}
