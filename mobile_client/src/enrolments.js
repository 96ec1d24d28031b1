/** The collectors of this phone: let them in, know them again, let them go. */

import * as api from "./api.js";
import * as db from "./db.js";
import { uuid7 } from "./uuid7.js";

const INSTALL = "install-id";
/** What leaving throws away, by the field that says whose it is. */
const OWNED = /** @type {const} */ ([
  "speakers",
  "consents",
  "sessions",
  "clips",
  "posts",
  "leases",
]);

/**
 * Pure: by which install id somebody enrols. The same name is the same collector, who comes back
 * under the same id; another name needs its own, since one code may let in both.
 *
 * @param {string} name
 * @param {db.Enrolment[]} enrolments
 * @param {string} phone the id of the phone's first collector
 * @param {string} fresh
 */
export function installIdOf(name, enrolments, phone, fresh) {
  const plain = (/** @type {string} */ text) => text.trim().toLocaleLowerCase();
  const known = enrolments.find((row) => plain(row.name) === plain(name));
  if (known) return known.install_id ?? phone;
  return enrolments.some((row) => (row.install_id ?? phone) === phone) ? fresh : phone;
}

/**
 * Throws Problem or NoAnswer.
 *
 * @param {string} code
 * @param {string} name
 * @returns {Promise<string>} the collector
 */
export async function letIn(code, name) {
  const phone = await db.fact(INSTALL, uuid7);
  const install_id = installIdOf(name, await db.all("enrolments"), phone, uuid7());
  const answer = await api.enrol({
    code,
    name,
    install_id,
    user_agent: navigator.userAgent.slice(0, 400),
  });
  await db.put("enrolments", {
    collector: answer.collector,
    campaign: answer.campaigns[0] ?? "",
    token: answer.token,
    name,
    enrolled_at: Date.now(),
    install_id,
  });
  return answer.collector;
}

/** @param {string} collector */
export function markSignedOut(collector) {
  return db.change("enrolments", collector, () => ({ signed_out: true }));
}

/**
 * How much would be lost if a collector left now: clips whose bytes are only here, and what the
 * server has not been told.
 *
 * @param {string} collector
 * @returns {Promise<number>}
 */
export async function onlyHere(collector) {
  let count = 0;
  for (const table of OWNED) {
    if (table === "leases") continue;
    for (const row of await db.all(table)) {
      if (row.collector !== collector) continue;
      if ("state" in row) count += ["confirmed", "withdrawn"].includes(row.state) ? 0 : 1;
      else if (!row.refused && (!row.sent || evidenceIsHere(row))) count++;
    }
  }
  return count;
}

/** @param {db.Row | db.Post} row a consent may be home while its recorded words are not */
function evidenceIsHere(row) {
  return Boolean(row.request.evidence) && !("evidence" in row && row.evidence);
}

/**
 * Leave a campaign: the token ends, and everything of the collector is taken off this phone. Only
 * when nothing is only here (`onlyHere`). Throws Problem or NoAnswer; then nothing happened.
 *
 * @param {db.Enrolment} enrolment
 */
export async function leave({ token, collector, campaign, install_id }) {
  try {
    await api.leave(token);
  } catch (error) {
    // A token that is dead already has nothing to end.
    if (!(error instanceof api.Problem) || error.status !== 401) throw error;
  }
  /** @type {db.Change[]} */
  const drops = [{ table: "enrolments", drop: collector }];
  for (const table of OWNED) {
    for (const row of await db.all(table)) {
      if (row.collector !== collector) continue;
      drops.push({ table, drop: row.id });
      if (table === "clips" || table === "consents") drops.push({ table: "sounds", drop: row.id });
    }
  }
  const others = (await db.all("enrolments")).filter((row) => row.collector !== collector);
  if (!others.some((row) => row.campaign === campaign)) {
    drops.push({ table: "packs", drop: campaign });
  }
  // The next person with the same code must not come back as the one who left.
  const phone = await db.fact(INSTALL, uuid7);
  const free = !others.some((row) => (row.install_id ?? phone) === phone);
  if (free && (install_id ?? phone) === phone) drops.push({ table: "facts", drop: INSTALL });
  await db.commit(drops);
}
