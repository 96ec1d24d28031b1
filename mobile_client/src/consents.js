/** What a speaker agreed to: by tap, in their own words, or signed. */

import * as db from "./db.js";
import { hexDigest } from "./digest.js";
import { newRow } from "./rows.js";
import { takeAgain } from "./speakers.js";
import { uuid7 } from "./uuid7.js";

/** The server does not know the text they agreed to: only a new one helps. */
const UNKNOWN = "consent-form-unknown";

/**
 * @typedef {object} Given
 * @property {string[]} scopes
 * @property {"tap" | "spoken" | "signature"} method
 * @property {{bytes: ArrayBuffer, type: string}} [evidence] the recorded words, the drawn name
 */

/**
 * Keep a consent with its evidence, in one transaction.
 *
 * @param {db.Enrolment} enrolment
 * @param {string} speaker
 * @param {import("./api.js").ConsentForm} form
 * @param {Given} given
 */
export async function keepConsent(enrolment, speaker, form, { scopes, method, evidence }) {
  const id = uuid7();
  const made = {
    ...newRow(enrolment, id, speaker, {
      speaker,
      consent_form: form.id,
      given_at: new Date().toISOString(),
      locale: form.locale,
      scopes,
      method,
    }),
    version: form.version,
  };
  /** @type {db.Change[]} */
  const changes = [{ table: "consents", put: made }];
  if (evidence) {
    const { bytes, type } = evidence;
    made.request.evidence = {
      sha256: await hexDigest(bytes),
      bytes: bytes.byteLength,
      content_type: type,
    };
    changes.push({ table: "sounds", put: { id, bytes } });
  }
  await db.commit(changes);
  await moveSessions(made);
  return made;
}

/**
 * What was recorded under a text that the server does not know goes under the one they have now
 * agreed to; otherwise it could never be sent.
 *
 * @param {db.Row} consent
 */
async function moveSessions(consent) {
  const gone = (await db.all("consents")).filter(
    (row) => row.speaker === consent.speaker && row.refused === UNKNOWN,
  );
  const ids = new Set(gone.map((row) => row.id));
  if (!ids.size) return;
  for (const session of await db.all("sessions")) {
    if (!ids.has(session.request.consent)) continue;
    await db.change("sessions", session.id, ({ sent, request }) =>
      sent ? null : { request: { ...request, consent: consent.id }, refused: "" },
    );
  }
  await takeAgain(consent.speaker, UNKNOWN, (row) => !ids.has(row.id));
}

/**
 * Pure: the newest consent of a speaker that still holds: neither refused nor of a text that the
 * campaign has since replaced.
 *
 * @param {db.Row[]} consents in the order of time
 * @param {import("./api.js").ConsentForm[]} forms of the pack
 * @param {string} speaker
 * @returns {db.Row | undefined}
 */
export function validConsent(consents, forms, speaker) {
  const current = new Set(forms.map((form) => form.id));
  return consents
    .filter((row) => row.speaker === speaker && !row.refused)
    .filter((row) => current.has(String(row.request.consent_form)))
    .at(-1);
}
