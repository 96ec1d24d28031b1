/** Make the rows of sessions and clips: each body written once, on this phone. */

import { clockOffset } from "./api.js";
import { encodeWav } from "./capture/wav.js";
import * as db from "./db.js";
import { APP_VERSION, phoneFacts, plainLabel } from "./phone_facts.js";
import { newRow } from "./rows.js";
import { uuid7 } from "./uuid7.js";

/**
 * @param {db.Enrolment} enrolment
 * @param {db.Row} consent
 * @param {string} environment
 * @param {import("./capture/microphone.js").Recorder} recorder
 */
export async function keepSession(enrolment, consent, environment, recorder) {
  const microphone = recorder.facts();
  const made = newRow(enrolment, uuid7(), consent.speaker, {
    campaign: enrolment.campaign,
    speaker: consent.speaker,
    consent: consent.id,
    environment,
    app_version: APP_VERSION,
    clock_offset_ms: Math.round(clockOffset()),
    device: { ...(await phoneFacts()), ...microphone, mic: plainLabel(microphone.mic) },
    started_at: new Date().toISOString(),
  });
  await db.put("sessions", made);
  return made;
}

/**
 * Write a take with its bytes in one transaction; from then on it is never lost.
 * Throws QuotaExceededError when the phone is full.
 *
 * @param {db.Enrolment} enrolment
 * @param {object} kept
 * @param {db.Row} kept.session
 * @param {import("./api.js").Prompt} kept.prompt
 * @param {import("./capture/microphone.js").Sound} kept.sound
 * @param {Record<string, unknown>} kept.checks
 * @param {number} kept.seq
 * @param {number} kept.take
 */
export async function keepClip(enrolment, { session, prompt, sound, checks, seq, take }) {
  const bytes = encodeWav(sound.samples, sound.rate);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const request = {
    session: session.id,
    prompt: prompt.id,
    seq,
    take,
    sha256: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    bytes: bytes.byteLength,
    content_type: "audio/wav",
    duration_ms: Math.round((sound.samples.length / sound.rate) * 1000),
    recorded_at: new Date(Date.now() - sound.wallMs).toISOString(),
    client_checks: checks,
  };
  /** @type {db.Clip} */
  const clip = {
    ...newRow(enrolment, uuid7(), session.speaker, request),
    session: session.id,
    prompt,
    state: "ready",
    receipt: null,
    verdict: null,
    tries: 0,
    next_try: 0,
  };
  await db.commit([
    { table: "clips", put: clip },
    { table: "sounds", put: { id: clip.id, bytes } },
  ]);
  return clip;
}
