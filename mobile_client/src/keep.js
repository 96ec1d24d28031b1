/** Make the rows of speakers, consents, sessions and clips: each body written once, on this phone. */

import { clockOffset } from "./api.js";
import { encodeWav } from "./capture/wav.js";
import * as db from "./db.js";
import { APP_VERSION, phoneFacts, plainLabel } from "./phone_facts.js";
import { uuid7 } from "./uuid7.js";

/**
 * @param {db.Enrolment} enrolment
 * @param {string} id
 * @param {string} speaker
 * @param {Record<string, any>} request
 * @returns {db.Row}
 */
function row(enrolment, id, speaker, request) {
  const { collector, campaign } = enrolment;
  return {
    id,
    collector,
    campaign,
    speaker,
    request,
    sent: false,
    refused: "",
    made_at: Date.now(),
  };
}

/**
 * @param {db.Enrolment} enrolment
 * @param {Record<string, unknown>} demographics
 */
export async function keepSpeaker(enrolment, demographics) {
  const id = uuid7();
  const made = row(enrolment, id, id, { campaign: enrolment.campaign, demographics });
  await db.put("speakers", made);
  return made;
}

/**
 * @param {db.Enrolment} enrolment
 * @param {string} speaker
 * @param {import("./api.js").ConsentForm} form
 */
export async function keepConsent(enrolment, speaker, form) {
  const made = row(enrolment, uuid7(), speaker, {
    speaker,
    consent_form: form.id,
    given_at: new Date().toISOString(),
    locale: form.locale,
    scopes: form.scopes,
    method: "tap",
  });
  await db.put("consents", made);
  return made;
}

/**
 * @param {db.Enrolment} enrolment
 * @param {db.Row} consent
 * @param {string} environment
 * @param {import("./capture/microphone.js").Recorder} recorder
 */
export async function keepSession(enrolment, consent, environment, recorder) {
  const microphone = recorder.facts();
  const made = row(enrolment, uuid7(), consent.speaker, {
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
    ...row(enrolment, uuid7(), session.speaker, request),
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
