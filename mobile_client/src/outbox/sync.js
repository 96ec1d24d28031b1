/** When to send and when to ask for verdicts: after a keep, when the network is back, by a timer. */

import * as api from "../api.js";
import * as db from "../db.js";
import { sendAll } from "./send.js";

const LOCK = "fieldvoice-outbox";
const AGAIN_MS = 5000;
const ASK_MS = 2000;
/** A verdict that has not come by then is asked for at the next start, not every two seconds. */
const ASK_FOR_MS = 600_000;
const ASK_AT_ONCE = 20;

/** @typedef {{here: number, safe: number, refused: number, outcome: string}} Status */

/** @type {Set<() => void>} */
const listeners = new Set();
let outcome = "";
let running = false;
let wanted = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Be told after every change; returns how to be told no more.
 *
 * @param {() => void} listener
 */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  for (const listener of listeners) listener();
}

/** @returns {Promise<Status>} */
export async function status() {
  const clips = await db.all("clips");
  const count = (/** @type {string[]} */ states) =>
    clips.filter((clip) => states.includes(clip.state)).length;
  return {
    here: count(["ready", "sent", "refused"]),
    safe: count(["confirmed"]),
    refused: count(["refused"]),
    outcome,
  };
}

/**
 * Send now; while a round is under way, one more follows it.
 *
 * @param {{hurry?: boolean}} [how]
 * @returns {Promise<void>}
 */
export async function send(how = {}) {
  wanted = true;
  if (running) return;
  running = true;
  clearTimeout(timer);
  try {
    while (wanted) {
      wanted = false;
      // One tab sends; without locks (old browsers) the server's ids keep a double harmless.
      outcome = navigator.locks
        ? await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) =>
            lock ? go(how) : "waiting",
          )
        : await go(how);
      tell();
    }
    await askVerdicts();
  } finally {
    running = false;
    const due = outcome === "waiting" || outcome === "offline";
    const asking = (await waitingForVerdict()).length > 0;
    const soon = asking && outcome === "empty";
    if (asking || due) timer = setTimeout(() => void send(), soon ? ASK_MS : AGAIN_MS);
  }
}

/** @param {{hurry?: boolean}} how */
async function go(how) {
  const { all, get } = db;
  return sendAll(
    { api, db: { all, get, put: putAndTell, commit: commitAndTell }, now: Date.now },
    how,
  );
}

/** @type {typeof db.commit} */
async function commitAndTell(changes) {
  await db.commit(changes);
  tell();
}

/** @type {typeof db.put} */
async function putAndTell(table, row) {
  await db.put(table, row);
  tell();
}

async function waitingForVerdict() {
  const since = Date.now() - ASK_FOR_MS;
  return (await db.all("clips"))
    .filter((clip) => clip.state === "confirmed" && !clip.verdict && clip.made_at > since)
    .slice(-ASK_AT_ONCE);
}

async function askVerdicts() {
  const enrolments = await db.all("enrolments");
  for (const clip of await waitingForVerdict()) {
    const token = enrolments.find((row) => row.collector === clip.collector)?.token;
    if (!token) continue;
    try {
      const { verdict } = await api.readClip(token, clip.id);
      if (verdict) await putAndTell("clips", { ...clip, verdict });
    } catch (error) {
      if (error instanceof api.NoAnswer || error instanceof api.Problem) return;
      throw error;
    }
  }
}

/** Listen to everything that may mean "try now". */
export function watch() {
  addEventListener("online", () => void send({ hurry: true }));
  addEventListener("pageshow", () => void send({ hurry: true }));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void send({ hurry: true });
  });
}
