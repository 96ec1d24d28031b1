/** Whether a speaker's clips are still wanted: the server's word, or without it this phone's leases. */

import * as api from "./api.js";
import { cellKey } from "./cells.js";
import * as db from "./db.js";
import { takeLease } from "./outbox/leases.js";
import { answersOf } from "./speakers.js";

/**
 * `unknown`: no network, and nothing of their cell was set aside for this phone.
 *
 * @typedef {object} Eligibility
 * @property {"open" | "low" | "full" | "waitlist" | "unknown"} status
 * @property {string} hold id of what is set aside for the session, or empty
 * @property {string | undefined} [place] where to record, if the plan says
 * @property {string | undefined} [offer] another use for somebody who is not looked for
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
  const { collector, token, campaign } = enrolment;
  // A correction may still be on its way: then the answers are here, and not there.
  const known = speaker.sent && !speaker.answers;
  const demographics = answersOf(speaker);
  /** @type {Awaited<ReturnType<typeof api.checkEligibility>> | null} */
  let told = null;
  /** @type {db.Lease | undefined} */
  let lease;
  try {
    const who = known ? { speaker: speaker.id } : { demographics };
    told = await api.checkEligibility(token, campaign, who);
  } catch (error) {
    if (!(error instanceof api.NoAnswer || error instanceof api.Problem)) throw error;
    const cell = cellKey(demographics, pack.campaign, new Date().getFullYear());
    lease = await takeLease(db, collector, cell);
  }
  return {
    status: told?.status ?? (lease ? "open" : "unknown"),
    hold: (told ? told.hold : lease)?.id ?? "",
    place: (told ?? lease)?.conditions?.environment,
    offer: told?.offer?.kind,
  };
}
