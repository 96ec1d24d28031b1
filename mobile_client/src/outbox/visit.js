/** One visit to the server: send what is kept, then fetch what is new and what the next days need. */

import { clockOffset, NoAnswer, Problem, rememberClock } from "../door.js";
import { readNews } from "./changes.js";
import { refillLeases } from "./leases.js";
import { dropPromptSounds, fetchPromptSounds, refreshPack } from "./packs.js";
import { report } from "./report.js";
import { sendAll } from "./send.js";

/** @typedef {import("./round.js").Doors} Doors */
/** @typedef {{hurry?: boolean, tap?: boolean}} How tap: a person asked for it, whatever it costs */
/** @typedef {import("./send.js").Outcome | "held"} Outcome held: no Wi-Fi, and only that may be used */

export const WIFI_ONLY = "wifi-only";
const CLOCK = "clock-offset";
const FETCH_EVERY_MS = 1_800_000;
const OF_THE_DAY = { refreshPack, refillLeases, fetchPromptSounds };

/**
 * @param {Pick<Doors, "db">} doors
 * @returns {Promise<boolean>} whether this network may be used without being asked
 */
async function mayUseNetwork({ db }) {
  if (!(await db.get("facts", WIFI_ONLY))?.value) return true;
  const { connection } = /** @type {{connection?: {type?: string}}} */ (navigator);
  return ["wifi", "ethernet"].includes(connection?.type ?? "");
}

/**
 * The server's clock as this phone last learned it: a session that starts offline needs it.
 *
 * @param {Pick<Doors, "db">} doors
 */
export async function recallClock({ db }) {
  rememberClock((await db.get("facts", CLOCK))?.value ?? clockOffset());
}

/**
 * @param {Doors} doors
 * @param {How} how
 * @returns {Promise<{outcome: Outcome, next: number}>}
 */
export async function visit(doors, { hurry = false, tap = false }) {
  if (!tap && !(await mayUseNetwork(doors))) {
    const waiting = (await doors.db.countClips("ready")) + (await doors.db.countClips("sent"));
    return { outcome: waiting ? "held" : "empty", next: 0 };
  }
  const before = clockOffset();
  const sent = await sendAll(doors, { hurry: hurry || tap });
  if (sent.outcome !== "offline") await fetchNews(doors);
  const offset = clockOffset();
  // The header has whole seconds: smaller steps are none.
  if (Math.abs(offset - before) > 1000) await doors.db.put("facts", { key: CLOCK, value: offset });
  return sent;
}

/**
 * For every collector of the phone; what fails is tried again at a later visit.
 *
 * @param {Doors} doors
 */
async function fetchNews(doors) {
  const { db, now, link } = doors;
  for (const enrolment of await db.all("enrolments")) {
    if (enrolment.signed_out) continue;
    const { collector } = enrolment;
    if (!(await attempt(doors, enrolment, readNews))) return;
    for (const [name, step] of Object.entries(OF_THE_DAY)) {
      const key = `${name}/${collector}`;
      // By its amount: a clock that was set back must not put it off.
      if (Math.abs(now() - (link.done.get(key) ?? Number.NaN)) < FETCH_EVERY_MS) continue;
      if (!(await attempt(doors, enrolment, step))) return;
      link.done.set(key, now());
    }
    if (!(await attempt(doors, enrolment, report))) return;
  }
  await dropPromptSounds(doors);
}

/**
 * @param {Doors} doors
 * @param {import("../db.js").Enrolment} enrolment
 * @param {(doors: Doors, enrolment: import("../db.js").Enrolment) => Promise<void>} step
 * @returns {Promise<boolean>} false: nobody answers
 */
export async function attempt(doors, enrolment, step) {
  try {
    await step(doors, enrolment);
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 401) return true;
    await doors.db.change("enrolments", enrolment.collector, () => ({ signed_out: true }));
  }
  return true;
}
