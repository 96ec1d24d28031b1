/** When to send and when to ask: after a keep, when the network is back, by a timer; one at a time. */

import * as api from "../api.js";
import * as db from "../db.js";
import { clockOffset } from "../door.js";
import { awaitsVerdict, readNews } from "./changes.js";
import { pauseAfter } from "./pause.js";
import { hoursLeft } from "./room.js";
import { attempt, recallClock, visit, WIFI_ONLY } from "./visit.js";

/** @typedef {import("./visit.js").How} How */

/**
 * @typedef {object} Status
 * @property {number} here kept, and not home yet
 * @property {number} safe
 * @property {number} refused of those that are here
 * @property {number} unfinished recorded, and nobody said "keep" yet
 * @property {import("./visit.js").Outcome | ""} outcome of the last visit
 * @property {number | null} hours of speech for which there is room; null: unknown
 * @property {boolean} persisted whether the browser promised to keep it all
 * @property {boolean} wifiOnly
 */

const LOCK = "fieldvoice-outbox";
const SYNC = "outbox";
const ASK_MS = 2000;
const TELL_MS = 100;
const ROOM_MS = 30_000;
const TRY_AGAIN_MS = 60_000;
const LONGEST_MS = 600_000;
/** Somebody looks at the page: half a minute is long enough to find the network again. */
const MOST_OFFLINE = 4;

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {BroadcastChannel | null} */
let channel = null;
let outcome = /** @type {Status["outcome"]} */ ("");
let running = false;
/** @type {How | null} */
let wanted = null;
let offline = 0;
let unheard = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let asking;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let telling;

/** @type {import("./round.js").Doors} */
const doors = {
  api,
  db: {
    ...db,
    change: (table, ...rest) => db.change(table, ...rest).then(after(table)),
    put: (table, row) => db.put(table, row).then(after(table)),
    commit: (changes, durability) => db.commit(changes, durability).then(after("clips")),
  },
  now: Date.now,
  link: { badUntil: 0, troubled: 0, rests: new Map(), done: new Map() },
};

/**
 * @param {string} table
 * @returns {<T>(result: T) => T}
 */
function after(table) {
  return (result) => {
    if (table !== "facts") tell();
    return result;
  };
}

/**
 * Be told after every change, of this page, another tab or the service worker; returns how to be
 * told no more.
 *
 * @param {() => void} listener
 */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  // Five hundred clips on their way are not five hundred drawings.
  telling ??= setTimeout(tellNow, TELL_MS);
}

function tellNow() {
  clearTimeout(telling);
  telling = undefined;
  open()?.postMessage(outcome);
  for (const listener of listeners) listener();
}

function open() {
  if (channel || !globalThis.BroadcastChannel) return channel;
  channel = new BroadcastChannel(LOCK);
  channel.onmessage = ({ data }) => {
    outcome = data || outcome;
    for (const listener of listeners) listener();
  };
  return channel;
}

let room = { at: 0, hours: /** @type {number | null} */ (null), persisted: false };

/** @returns {Promise<Status>} */
export async function status() {
  const states = /** @type {const} */ ([
    "ready",
    "sent",
    "refused",
    "confirmed",
    "recording",
    "review",
  ]);
  const counts = await Promise.all(states.map((state) => db.countClips(state)));
  const [ready = 0, sent = 0, refused = 0, safe = 0, recording = 0, review = 0] = counts;
  if (Math.abs(Date.now() - room.at) > ROOM_MS) {
    const persisted = (await navigator.storage?.persisted?.()) ?? false;
    room = { at: Date.now(), hours: await hoursLeft(db), persisted };
  }
  return {
    here: ready + sent + refused,
    safe,
    refused,
    unfinished: recording + review,
    outcome,
    hours: room.hours,
    persisted: room.persisted,
    wifiOnly: Boolean((await db.get("facts", WIFI_ONLY))?.value),
  };
}

/**
 * One at a time, of all tabs and the service worker. Without locks (old browsers) the server's ids
 * keep a double harmless.
 *
 * @param {How} how
 */
async function visitAlone(how) {
  const go = () => visit(doors, how);
  return navigator.locks ? navigator.locks.request(LOCK, go) : go();
}

/**
 * Send now; while a visit is under way, one more follows it.
 *
 * @param {How} [how]
 * @returns {Promise<void>}
 */
export async function send({ hurry = false, tap = false } = {}) {
  wanted = { hurry: hurry || Boolean(wanted?.hurry), tap: tap || Boolean(wanted?.tap) };
  if (running) return;
  running = true;
  clearTimeout(timer);
  void askForSync();
  // Should the storage fail in the middle of it.
  let next = Date.now() + TRY_AGAIN_MS;
  try {
    while (wanted) {
      const how = wanted;
      wanted = null;
      ({ outcome, next } = await visitAlone(how));
      offline = outcome === "offline" ? Math.min(offline + 1, MOST_OFFLINE) : 0;
      tell();
    }
  } finally {
    running = false;
    // A clock that was set back must not make it days.
    const rest = Math.min(Math.max(next - Date.now(), 1000), LONGEST_MS);
    const pause = offline ? pauseAfter(offline) : rest;
    if (offline || next) timer = setTimeout(() => void send(), pause);
    void ask();
  }
}

/** Have the service worker woken should this page end before everything is home. */
async function askForSync() {
  const waiting = (await db.countClips("ready")) + (await db.countClips("sent"));
  const registration = waiting && (await navigator.serviceWorker?.getRegistration());
  const { sync } = /** @type {{sync?: {register: (tag: string) => Promise<void>}}} */ (
    registration || {}
  );
  // Refused where the person forbade it; only this browser's bonus is lost.
  await sync?.register(SYNC).catch(() => {});
}

/** While somebody looks at the page and a verdict is on its way, ask for it. */
async function ask() {
  clearTimeout(asking);
  if (document.visibilityState !== "visible") return;
  if (!(await awaitsVerdict(doors, Date.now() + clockOffset()))) return;
  asking = setTimeout(
    async () => {
      let silent = false;
      for (const enrolment of await db.all("enrolments")) {
        if (enrolment.signed_out) continue;
        if (!(await attempt(doors, enrolment, readNews))) silent = true;
      }
      // Asking nobody every two seconds would only empty the battery.
      unheard = silent ? Math.min(unheard + 1, MOST_OFFLINE) : 0;
      if (!running) void ask();
    },
    unheard ? pauseAfter(unheard) : ASK_MS,
  );
}

/** Listen to everything that may mean "try now". */
export function watch() {
  open();
  const hurry = () => void send({ hurry: true });
  addEventListener("online", hurry);
  addEventListener("pageshow", hurry);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") hurry();
  });
  const { connection } = /** @type {{connection?: EventTarget}} */ (navigator);
  connection?.addEventListener("change", hurry);
  void recallClock(doors);
}

/**
 * For the service worker, when the browser says that there is a network. Rejects while something is
 * not home, so that the browser tries again.
 */
export async function sendFromWorker() {
  await recallClock(doors);
  ({ outcome } = await visitAlone({ hurry: true }));
  tellNow();
  if (outcome === "offline" || outcome === "waiting") throw new Error(outcome);
}
