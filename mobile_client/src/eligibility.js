/** Whether a speaker's clips are still wanted: the server's word, or without it this phone's leases. */

import * as api from "./api.js";
import { cellKey } from "./cells.js";
import * as db from "./db.js";
import { answersOf } from "./speakers.js";

/**
 * `unknown`: no network, and nothing of their cell was set aside for this phone.
 *
 * @typedef {object} Eligibility
 * @property {"open" | "low" | "full" | "waitlist" | "unknown"} status
 * @property {string} hold id of what is set aside for the session, or empty
 */

/**
 * Never throws what the network does: nobody is turned away for want of an answer.
 *
 * @param {import("./app.js").App} app
 * @param {db.Row} speaker
 * @returns {Promise<Eligibility>}
 */
export async function askEligibility({ enrolment, pack }, speaker) {
  if (!enrolment || !pack) return { status: "unknown", hold: "" };
  const { token, campaign } = enrolment;
  // A correction may still be on its way: then the answers are here, and not there.
  const known = speaker.sent && !speaker.answers;
  const demographics = answersOf(speaker);
  try {
    const who = known ? { speaker: speaker.id } : { demographics };
    const { status, hold } = await api.checkEligibility(token, campaign, who);
    return { status, hold: hold?.id ?? "" };
  } catch (error) {
    if (!(error instanceof api.NoAnswer || error instanceof api.Problem)) throw error;
  }
  const dimensions = pack.campaign.dimensions ?? [];
  const cell = cellKey(demographics, dimensions, new Date().getFullYear());
  return fromLeases(await db.all("leases"), { campaign, cell }, Date.now() + api.clockOffset());
}

/**
 * Pure.
 *
 * @param {db.Lease[]} leases
 * @param {{campaign: string, cell: string}} of
 * @param {number} now by the server's clock
 * @returns {Eligibility}
 */
export function fromLeases(leases, { campaign, cell }, now) {
  const good = leases.find(
    (lease) =>
      lease.campaign === campaign &&
      lease.cell === cell &&
      lease.used < lease.clips &&
      Date.parse(lease.expires_at) > now,
  );
  return good ? { status: "open", hold: good.id } : { status: "unknown", hold: "" };
}
