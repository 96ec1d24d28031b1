/** Leases: so many clips of a cell, promised by the server before the phone goes where no network is. */

import { cellKey } from "../cells.js";
import { clockOffset, Problem } from "../door.js";
import { answersOf } from "../speakers.js";
import { uuid7 } from "../uuid7.js";

/** @typedef {import("./round.js").Doors} Doors */
/** @typedef {import("../db.js").Lease} Lease */

/** What a day is taken for at least and at most, whatever was recorded on the last one. */
const LEAST = 30;
const MOST = 200;
const DAY_MS = 86_400_000;
const CELLS = 10;
/** No plan has a place for what somebody does not know or say; where they sit nobody knows yet. */
const NEVER_COUNTED =
  /\b(?!environment|device_class)\w+=(unknown|declined|outside|do_not_wish_to_say)\b/;

/**
 * Pure: the leases that still promise something.
 *
 * @param {Lease[]} leases
 * @param {number} now by the server's clock
 */
export function validLeases(leases, now) {
  return leases.filter(
    ({ used, clips, expires_at }) => used < clips && Date.parse(expires_at) > now,
  );
}

/**
 * Pure: what to ask for: for each cell that is about to be recorded what a day lacks of it, and as
 * much of whatever the campaign needs most for those whom nobody knows yet.
 *
 * @param {Lease[]} valid
 * @param {string[]} cells of the phone's speakers, the newest last
 * @param {number} day clips of one day
 * @returns {{cell?: string, clips: number}[]} empty: there is enough
 */
export function wanted(valid, cells, day) {
  const half = Math.ceil(day / 2);
  const left = (/** @type {Lease[]} */ some) =>
    some.reduce((sum, { clips, used }) => sum + clips - used, 0);
  const want = [...new Set([...cells].reverse())].slice(0, CELLS).flatMap((cell) => {
    const missing = half - left(valid.filter((lease) => lease.cell === cell));
    return missing > half / 2 ? [{ cell, clips: missing }] : [];
  });
  const others = half - left(valid.filter((lease) => !cells.includes(lease.cell)));
  return others > half / 2 ? [...want, { clips: others }] : want;
}

/**
 * Ask for what a day without a network would lack.
 *
 * @param {Pick<Doors, "api" | "db" | "now">} doors
 * @param {import("../db.js").Enrolment} enrolment
 */
export async function refillLeases({ api, db, now }, { collector, campaign, token }) {
  const { pack } = (await db.get("packs", campaign)) ?? {};
  if (!pack?.campaign.dimensions || pack.campaign.state === "closed") return;
  const mine = (await db.all("leases")).filter((lease) => lease.collector === collector);
  const today = now() + clockOffset();
  const valid = validLeases(mine, today);
  const year = new Date(today).getUTCFullYear();
  const cells = (await db.all("speakers"))
    .filter((row) => row.collector === collector && !row.refused)
    .map((row) => cellKey(answersOf(row), pack.campaign, year))
    .filter((cell) => !NEVER_COUNTED.test(cell));
  const key = `lease-ask/${collector}`;
  // Under the id of an asking whose answer was lost the server gives the same again, not as much more.
  let ask = (await db.get("facts", key))?.value;
  if (!ask) {
    const recent = (await db.latestClips(MOST)).filter((clip) => clip.made_at > now() - DAY_MS);
    const want = wanted(valid, cells, Math.max(LEAST, recent.length));
    if (!want.length) return;
    ask = { id: uuid7(), want };
    await db.put("facts", { key, value: ask });
  }
  /** @type {import("../db.js").Change[]} */
  const changes = [{ table: "facts", drop: key }];
  try {
    for (const lease of await api.askLeases(token, campaign, ask)) {
      const used = mine.find(({ id }) => id === lease.id)?.used ?? 0;
      changes.push({ table: "leases", put: { ...lease, collector, campaign, used } });
    }
    const gone = mine.filter((lease) => !valid.includes(lease));
    changes.push(...gone.map(({ id }) => /** @type {const} */ ({ table: "leases", drop: id })));
  } catch (error) {
    // Asked for something the campaign no longer has: the next asking is a new one.
    if (!(error instanceof Problem) || error.passing) throw error;
  }
  await db.commit(changes);
}

/**
 * The lease that a session of this cell uses up, the one that ends first.
 *
 * @param {Pick<typeof import("../db.js"), "all">} db
 * @param {string} collector
 * @param {string} cell
 * @param {number} [now]
 * @returns {Promise<Lease | undefined>} its id is for the session's `hold`
 */
export async function takeLease(db, collector, cell, now = Date.now() + clockOffset()) {
  const mine = (await db.all("leases")).filter(
    // Without a cell it is good for anybody: the campaign has no targets.
    (lease) => lease.collector === collector && (lease.cell === cell || !lease.cell),
  );
  return validLeases(mine, now).sort(
    (a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at),
  )[0];
}

/**
 * A clip was kept under it.
 *
 * @param {Pick<typeof import("../db.js"), "change">} db
 * @param {string | null | undefined} hold of the clip's session: a lease of ours, or the server's own
 */
export async function useLease(db, hold) {
  if (hold) await db.change("leases", hold, ({ used }) => ({ used: used + 1 }));
}
