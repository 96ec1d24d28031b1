/** The server's calls (docs/openapi.yaml). */

import { call, NoAnswer, Problem, reach } from "./door.js";

export { clockOffset, NoAnswer, Problem } from "./door.js";

/**
 * @typedef {object} Prompt
 * @property {string} id
 * @property {number} revision
 * @property {"read" | "question" | "hotword" | "command"} kind
 * @property {string} text
 * @property {string} language
 * @property {"ltr" | "rtl"} direction
 * @property {number} max_seconds
 * @property {number} repeats
 * @property {boolean} [has_audio] a spoken form of it is on the server
 */

/**
 * @typedef {object} ConsentForm
 * @property {string} id
 * @property {number} version
 * @property {string} locale
 * @property {string} text
 * @property {string[]} scopes
 */

/**
 * @typedef {object} FieldSpec
 * @property {string} name
 * @property {"choice" | "year" | "text" | "list"} kind
 * @property {string[]} [choices]
 * @property {boolean} [required]
 */

/**
 * @typedef {object} Pack
 * @property {{slug: string, name: string, language: string, state: string, max_seconds: number,
 *   dimensions?: string[]}} campaign
 * @property {ConsentForm[]} consent_forms
 * @property {FieldSpec[]} demographics
 * @property {Prompt[]} prompts
 * @property {{version: number, rules: import("./checks/verdict.js").Rule[]}} quality_profile
 */

/** @typedef {{method: string, url: string, headers: Record<string, string>}} Put */

/** @typedef {Put & {parts?: (Put & {n: number})[]}} Upload */

/** @typedef {{sha256: string, bytes: number, stored_at: string}} Receipt */

/**
 * @typedef {object} ServerVerdict
 * @property {"pass" | "review" | "reject"} outcome
 * @property {boolean} provisional
 * @property {{code: string, hint: string, text?: string}[]} reasons
 */

/** @typedef {{id: string, state: string, receipt?: Receipt, verdict?: ServerVerdict}} ClipAnswer */

/**
 * One clip's answer within that of a batch.
 *
 * @typedef {ClipAnswer & {status: number, upload?: Upload | null, problem?: unknown}} BatchAnswer
 */

/**
 * @typedef {object} ChangeItem what the server has to say to a phone
 * @property {"verdict" | "redo" | "withdrawal"} kind
 * @property {string} [clip]
 * @property {string} [speaker]
 * @property {string} [prompt]
 * @property {string} [state]
 * @property {ServerVerdict | null} [verdict]
 * @property {ServerVerdict["reasons"]} [reasons]
 */

/** @typedef {{id: string, cell: string, clips: number, seconds: number, expires_at: string}} LeaseAnswer */

/**
 * @param {{code: string, install_id: string, name: string, user_agent: string}} body
 * @returns {Promise<{token: string, collector: string, campaigns: string[]}>}
 */
export async function enrol(body) {
  return (await call("POST", "devices/enrol", { body })).body;
}

/**
 * @param {string} token
 * @param {string} campaign
 * @param {string} etag of the pack that is here, or empty
 * @returns {Promise<{pack: Pack | null, etag: string}>} null: the one here is still good
 */
export async function readPack(token, campaign, etag) {
  const answer = await call("GET", `campaigns/${campaign}/pack`, { token, etag });
  return { pack: answer.body, etag: answer.etag };
}

/**
 * @param {string} token
 * @param {"speakers" | "consents" | "sessions"} kind
 * @param {string} id
 * @param {unknown} body
 * @returns {Promise<{id: string, upload?: Upload}>} an upload: a consent's evidence has not arrived
 */
export async function putRecord(token, kind, id, body) {
  return (await call("PUT", `${kind}/${id}`, { token, body })).body;
}

/**
 * @param {string} token
 * @param {string} id of a consent whose evidence is in the store
 * @returns {Promise<boolean>} false: its parts are still being joined
 */
export async function confirmEvidence(token, id) {
  return (await call("POST", `consents/${id}/uploaded`, { token })).status !== 202;
}

/**
 * @param {string} token
 * @param {"POST" | "PATCH"} method
 * @param {string} path
 * @param {unknown} body
 */
export async function post(token, method, path, body) {
  await call(method, path, { token, body });
}

/**
 * @param {string} token
 * @param {string} campaign
 * @param {string} session
 * @returns {Promise<Prompt[]>}
 */
export async function nextPrompts(token, campaign, session) {
  const path = `campaigns/${campaign}/prompts?session=${session}&count=50`;
  return (await call("GET", path, { token })).body.prompts;
}

/**
 * @param {string} token
 * @param {unknown[]} clips at most 100, each with its id
 * @returns {Promise<BatchAnswer[]>}
 */
export async function announceClips(token, clips) {
  return (await call("POST", "clips/batch", { token, body: { clips } })).body.results;
}

/**
 * @param {string} token
 * @param {string[]} ids at most 100
 * @returns {Promise<BatchAnswer[]>} without a receipt and 202 while the server still joins parts
 */
export async function confirmClips(token, ids) {
  return (await call("POST", "clips/uploaded", { token, body: { ids } })).body.results;
}

/**
 * @param {string} token
 * @param {string} cursor empty: from the beginning
 * @returns {Promise<{changes: ChangeItem[], cursor: string, more: boolean}>}
 */
export async function readChanges(token, cursor) {
  const from = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
  return (await call("GET", `changes${from}`, { token })).body;
}

/**
 * @param {string} token
 * @param {string} campaign
 * @param {{id: string, want: {cell?: string, clips: number}[]}} body
 * @returns {Promise<LeaseAnswer[]>}
 */
export async function askLeases(token, campaign, body) {
  return (await call("POST", `campaigns/${campaign}/leases`, { token, body })).body.leases;
}

/**
 * @param {string} token
 * @param {string} prompt
 * @returns {Promise<{content_type: string, bytes: ArrayBuffer}>}
 */
export async function readPromptAudio(token, prompt) {
  // Asked for as JSON: a redirect would carry the token along to the store.
  const { url, content_type } = (await call("GET", `prompts/${prompt}/audio`, { token })).body;
  const answer = await reach(url, {}, 1_000_000);
  if (!answer.ok) throw new Problem(503, "store-refused", `HTTP ${answer.status}`);
  try {
    return { content_type, bytes: await answer.arrayBuffer() };
  } catch (error) {
    throw new NoAnswer(String(error));
  }
}

/**
 * Put the bytes where the server said. 412 is as good as stored: somebody was there before, and the
 * confirmation tells whether these were the bytes. Throws NoAnswer, or Problem `store-refused`.
 *
 * @param {Put} put
 * @param {ArrayBuffer} bytes
 */
export async function putBytes({ method, url, headers }, bytes) {
  const answer = await reach(url, { method, headers, body: bytes }, bytes.byteLength);
  // The status of a refusal is passing: a fresh address may be taken (an old one expires: 403).
  if (!answer.ok && answer.status !== 412) {
    throw new Problem(503, "store-refused", `HTTP ${answer.status}`);
  }
}

/**
 * Whether a speaker's clips are still wanted, with a promise of some (a hold) while they are.
 *
 * @param {string} token
 * @param {string} campaign
 * @param {{speaker: string} | {demographics: Record<string, unknown>}} who
 * @returns {Promise<{cell: string, status: "open" | "low" | "full" | "waitlist", hold: {id: string} | null, conditions?: {environment?: string},
 *   offer?: {kind: "waitlist" | "campaign" | "filler"} | null}>}
 */
export async function checkEligibility(token, campaign, who) {
  return (await call("POST", `campaigns/${campaign}/eligibility`, { token, body: who })).body;
}

/** @param {string} token which stops working */
export async function leave(token) {
  await call("DELETE", "devices/self", { token });
}

/**
 * @typedef {object} Plan
 * @property {{cell: string, key: Record<string, string>, missing: number, unit: string}[]} find
 * @property {{clip: string, speaker: string, code: string, prompt: string, text: string,
 *   reasons: ServerVerdict["reasons"]}[]} redo
 * @property {{date: string, recorded: number, passed: number, rejected: number, review: number,
 *   seconds: number}} day
 * @property {string} as_of
 */

/**
 * @param {string} token
 * @param {string} campaign
 * @returns {Promise<Plan>}
 */
export async function readPlan(token, campaign) {
  return (await call("GET", `campaigns/${campaign}/plan/today`, { token })).body;
}
