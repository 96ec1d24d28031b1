/** Send what is kept, in the order the server needs, until a receipt lets the bytes go. */

import { NoAnswer, Problem } from "../door.js";
import { sendClips } from "./clips.js";
import { sendEvidence } from "./evidence.js";
import { sendPosts } from "./posts.js";
import { sendRecords } from "./records.js";
import { Round } from "./round.js";

/** @typedef {"empty" | "waiting" | "offline" | "signed-out"} Outcome */

/**
 * Go once through everything that is not home yet.
 *
 * `empty`: all of it is home. `waiting`: something rests until `next`. `offline`: no answer, nothing
 * more was tried. `signed-out`: a token is no longer good; the other collectors' things are home.
 *
 * @param {import("./round.js").Doors} doors
 * @param {{hurry?: boolean}} [how] hurry: also what rests (the network is back)
 * @returns {Promise<{outcome: Outcome, next: number}>}
 */
export async function sendAll(doors, { hurry = false } = {}) {
  const round = new Round(doors, hurry);
  for (const { collector, token, signed_out } of await doors.db.all("enrolments")) {
    if (signed_out && !hurry) round.signedOut = true;
    else round.tokens.set(collector, token);
  }
  let offline = false;
  try {
    await sendRecords(round);
    await sendPosts(round);
    await sendClips(round);
    if (!round.hopeless) await sendEvidence(round);
  } catch (error) {
    if (error instanceof NoAnswer) offline = true;
    else if (error instanceof Problem && error.passing) round.trouble();
    else throw error;
  }
  if (round.hopeless) round.trouble();
  doors.link.troubled = round.troubled ? doors.link.troubled + 1 : 0;
  if (offline || round.linkIsGone) return { outcome: "offline", next: round.next };
  const rest = round.next ? "waiting" : "empty";
  return { outcome: round.signedOut ? "signed-out" : rest, next: round.next };
}
