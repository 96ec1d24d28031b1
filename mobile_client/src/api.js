/** The server's calls (docs/openapi.yaml), and the two ways in which they fail. */

/** The server understood and refused: RFC 9457 problem details. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} slug the stable part of `type`
   * @param {string} detail
   */
  constructor(status, slug, detail) {
    super(`${status} ${slug}`);
    this.status = status;
    this.slug = slug;
    this.detail = detail;
  }

  /** Whether the same request may do better later. */
  get passing() {
    return this.status >= 500 || [401, 408, 425, 429].includes(this.status);
  }
}

/** No answer: no network, a cut connection, a timeout. */
export class NoAnswer extends Error {}

const TIMEOUT_MS = 20_000;
/** The slowest link for which a transfer is still awaited, bytes per millisecond. */
const SLOWEST = 4;

/** How far this phone's clock is behind the server's, by the last answer. */
let offsetMs = 0;

/** @returns {number} milliseconds to add to this phone's time */
export function clockOffset() {
  return offsetMs;
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @param {number} timeout
 * @returns {Promise<Response>}
 */
async function reach(url, init, timeout) {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    throw new NoAnswer(String(error));
  }
}

/**
 * @param {string} method
 * @param {string} path under /v1/
 * @param {{token?: string, body?: unknown, etag?: string}} [options]
 * @returns {Promise<{status: number, body: any, etag: string}>}
 */
async function call(method, path, { token, body, etag } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-None-Match"] = etag;
  /** @type {RequestInit} */
  const init = { method, headers, credentials: "omit", cache: "no-store" };
  if (body !== undefined) init.body = JSON.stringify(body);
  const answer = await reach(`/v1/${path}`, init, TIMEOUT_MS);
  const date = Date.parse(answer.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) offsetMs = date - Date.now();
  if (answer.status === 304) return { status: 304, body: null, etag: etag ?? "" };
  const content = await readJson(answer);
  if (!answer.ok) {
    const slug = String(content?.type ?? "").replace("urn:fieldvoice:problem:", "");
    throw new Problem(answer.status, slug || "unexpected", String(content?.detail ?? ""));
  }
  return { status: answer.status, body: content, etag: answer.headers.get("ETag") ?? "" };
}

/** @param {Response} answer */
async function readJson(answer) {
  try {
    return answer.status === 204 ? null : await answer.json();
  } catch (error) {
    // A gateway's HTML page, or a body that was cut: neither is the server's word.
    if (!answer.ok) return null;
    throw new NoAnswer(String(error));
  }
}

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
 * @property {{slug: string, name: string, language: string, state: string, max_seconds: number}} campaign
 * @property {ConsentForm[]} consent_forms
 * @property {FieldSpec[]} demographics
 * @property {Prompt[]} prompts
 * @property {{version: number, rules: import("./checks/verdict.js").Rule[]}} quality_profile
 */

/** @typedef {{method: string, url: string, headers: Record<string, string>}} Upload */

/** @typedef {{sha256: string, bytes: number, stored_at: string}} Receipt */

/**
 * @typedef {object} ServerVerdict
 * @property {"pass" | "review" | "reject"} outcome
 * @property {boolean} provisional
 * @property {{code: string, hint: string, text?: string}[]} reasons
 */

/** @typedef {{id: string, state: string, receipt?: Receipt, verdict?: ServerVerdict}} ClipAnswer */

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
 */
export async function putRecord(token, kind, id, body) {
  await call("PUT", `${kind}/${id}`, { token, body });
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
 * @param {string} id
 * @param {unknown} body
 * @returns {Promise<{id: string, state: string, upload: Upload | null}>}
 */
export async function putClip(token, id, body) {
  return (await call("PUT", `clips/${id}`, { token, body })).body;
}

/**
 * @param {string} token
 * @param {string} id
 * @returns {Promise<ClipAnswer>} without a receipt while the server still joins parts
 */
export async function confirmClip(token, id) {
  return (await call("POST", `clips/${id}/uploaded`, { token })).body;
}

/**
 * @param {string} token
 * @param {string} id
 * @returns {Promise<ClipAnswer>}
 */
export async function readClip(token, id) {
  return (await call("GET", `clips/${id}`, { token })).body;
}

/**
 * Put the bytes where the server said. 412 is as good as stored: somebody was there before, and the
 * confirmation tells whether these were the bytes. Throws NoAnswer, or Problem `store-refused`.
 *
 * @param {Upload} upload
 * @param {ArrayBuffer} bytes
 */
export async function putBytes(upload, bytes) {
  const init = { method: upload.method, headers: upload.headers, body: bytes };
  const timeout = TIMEOUT_MS + bytes.byteLength / SLOWEST;
  const answer = await reach(upload.url, { ...init, credentials: "omit" }, timeout);
  // The status of a refusal is passing: a fresh address may be taken (an old one expires: 403).
  if (!answer.ok && answer.status !== 412) {
    throw new Problem(503, "store-refused", `HTTP ${answer.status}`);
  }
}
