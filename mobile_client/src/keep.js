/** Make the row of a session: its body is written once, on this phone. */

import { clockOffset } from "./api.js";
import * as db from "./db.js";
import { APP_VERSION, phoneFacts, plainLabel } from "./phone_facts.js";
import { newRow } from "./rows.js";
import { uuid7 } from "./uuid7.js";

/**
 * @param {db.Enrolment} enrolment
 * @param {db.Row} consent
 * @param {string} environment
 * @param {import("./capture/microphone.js").Microphone} microphone
 * @param {Record<string, unknown>} [room] what it sounded like before anybody spoke
 * @param {string} [hold] what is set aside for this speaker's clips, or empty
 */
export async function keepSession(enrolment, consent, environment, microphone, room, hold) {
  const facts = microphone.facts();
  const made = newRow(enrolment, uuid7(), consent.speaker, {
    campaign: enrolment.campaign,
    speaker: consent.speaker,
    consent: consent.id,
    ...(hold ? { hold } : {}),
    environment,
    app_version: APP_VERSION,
    clock_offset_ms: Math.round(clockOffset()),
    device: { ...(await phoneFacts()), ...facts, mic: plainLabel(facts.mic), room },
    started_at: new Date().toISOString(),
  });
  await db.put("sessions", made);
  return made;
}
