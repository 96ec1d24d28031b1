/** The way to the server: one request, its answer, and the two ways in which it fails. */

/** The server understood and refused: RFC 9457 problem details. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} slug the stable part of `type`
   * @param {string} detail
   * @param {number[]} [missing] parts that have not arrived
   */
  constructor(status, slug, detail, missing = []) {
    super(`${status} ${slug}`);
    this.status = status;
    this.slug = slug;
    this.detail = detail;
    this.missing = missing;
  }

  /** Whether the same request may do better later. A page of a gateway's is no refusal of ours. */
  get passing() {
    return (
      this.status >= 500 || [401, 408, 425, 429].includes(this.status) || this.slug === "unexpected"
    );
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

/** @param {number} offset as an earlier start of the app learned it */
export function rememberClock(offset) {
  offsetMs = offset;
}

/**
 * @param {unknown} problem the body of an answer
 * @param {number} status
 */
export function problemOf(problem, status) {
  const { type, detail, missing_parts } = /** @type {Record<string, any>} */ (problem ?? {});
  const slug = String(type ?? "").replace("urn:fieldvoice:problem:", "");
  return new Problem(status, slug || "unexpected", String(detail ?? ""), missing_parts);
}

/**
 * Reach any address; whoever is there gets no cookies. Throws NoAnswer.
 *
 * @param {string} url
 * @param {RequestInit} [init]
 * @param {number} [bytes] how much goes over the link, for the time it may take
 * @returns {Promise<Response>}
 */
export async function reach(url, init = {}, bytes = 0) {
  const signal = AbortSignal.timeout(TIMEOUT_MS + bytes / SLOWEST);
  try {
    const answer = await fetch(url, { ...init, credentials: "omit", signal });
    // Read even where nobody needs it: an unread one holds the service worker, and no new version
    // of the app could take over.
    const body = await answer.arrayBuffer();
    return new Response(body.byteLength ? body : null, answer);
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
export async function call(method, path, { token, body, etag } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-None-Match"] = etag;
  /** @type {RequestInit} */
  const init = { method, headers, cache: "no-store" };
  let size = 0;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    // An announcement of many clips is answered at several times its length.
    size = init.body.length * 4;
  }
  const answer = await reach(`/v1/${path}`, init, size);
  const date = Date.parse(answer.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) offsetMs = date - Date.now();
  if (answer.status === 304) return { status: 304, body: null, etag: etag ?? "" };
  const content = await readJson(answer);
  if (!answer.ok) throw problemOf(content, answer.status);
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
