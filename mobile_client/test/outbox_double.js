/** A phone's database and a server with its store, both in memory, for the tests of the outbox. */

import { hexDigest } from "../src/digest.js";
import { NoAnswer, Problem } from "../src/door.js";
import { sendAll } from "../src/outbox/send.js";

/** @typedef {Record<string, any>} Any */

const TABLES = [
  "facts",
  "enrolments",
  "packs",
  "speakers",
  "consents",
  "sessions",
  "clips",
  "sounds",
];
const MORE = ["frames", "posts", "leases", "prompt_audio"];
/** @type {Record<string, string>} */
const KEY = { facts: "key", enrolments: "collector", packs: "campaign" };

/** Tables as src/db.js gives them; every answer is a copy, as IndexedDB's are. */
export class Database {
  constructor() {
    /** @type {Record<string, Map<string, Any>>} */
    this.tables = Object.fromEntries([...TABLES, ...MORE].map((name) => [name, new Map()]));
    /** How often rows of clips were read all at once. */
    this.sweeps = 0;
  }
  /** @param {string} name @returns {Map<string, Any>} */
  table(name) {
    return /** @type {Map<string, Any>} */ (this.tables[name]);
  }
  /** @param {string} name */
  all = async (name) => {
    if (name === "clips") this.sweeps++;
    return [...this.table(name).values()].map((row) => structuredClone(row));
  };
  /** @param {string} name @param {string} key */
  get = async (name, key) => structuredClone(this.table(name).get(key));
  /** @param {string} index @param {string} value */
  clipsBy = async (index, value) =>
    [...this.table("clips").values()]
      .filter((row) => row[index] === value)
      .map((row) => structuredClone(row));
  /** @param {string} state */
  countClips = async (state) => (await this.clipsBy("state", state)).length;
  /** @param {number} count */
  latestClips = async (count) =>
    [...this.table("clips").values()]
      .slice(-count)
      .reverse()
      .map((row) => structuredClone(row));
  /** @param {string} clip */
  everyFrame = (clip) => `frames of ${clip}`;
  /** @param {Any[]} changes */
  commit = async (changes) => {
    for (const { table, put, drop } of changes) {
      if (put) this.table(table).set(put[KEY[table] ?? "id"], structuredClone(put));
      else this.table(table).delete(drop);
    }
  };
  /** @param {string} table @param {Any} row */
  put = (table, row) => this.commit([{ table, put: row }]);
  /** @param {string} table @param {string} key @param {(row: Any) => Any | null} change */
  change = async (table, key, change, also = /** @type {Any[]} */ ([])) => {
    const row = this.table(table).get(key);
    const news = row ? change(structuredClone(row)) : null;
    if (!news) return null;
    const after = { ...row, ...news };
    this.table(table).set(key, after);
    await this.commit(also);
    return structuredClone(after);
  };
}

/** A server that takes what the contract takes; `faults` names calls that fail, once each. */
export class Server {
  constructor() {
    /** @type {Map<string, Any>} */
    this.records = new Map();
    /** @type {Map<string, Any>} */
    this.clips = new Map();
    /** @type {Map<string, string>} SHA-256 by key */
    this.store = new Map();
    /** @type {string[]} */
    this.calls = [];
    /** @type {Record<string, any[]>} */
    this.faults = {};
    /** @type {Any[]} */
    this.news = [];
    this.bytes = 0;
  }

  /** @param {string} name */
  async meet(name) {
    this.calls.push(name);
    const fault = this.faults[name]?.shift();
    if (typeof fault === "function") return fault();
    if (fault instanceof Error) throw fault;
    return fault;
  }

  api = {
    /** @param {string} token @param {string} kind @param {string} id @param {Any} body */
    putRecord: async (token, kind, id, body) => {
      if (token !== "good") throw new Problem(401, "not-signed-in", "");
      await this.meet(`${kind}/${id}`);
      this.records.set(id, body);
      const missing = body.evidence && !this.store.has(`consents/${id}`);
      return { id, ...(missing && { upload: sign(`consents/${id}`, body.evidence.parts) }) };
    },
    /** @param {string} _token @param {string} id */
    confirmEvidence: async (_token, id) => {
      const fault = await this.meet(`evidence ${id}`);
      if (fault !== undefined) return fault;
      const { sha256, missing } = this.come(`consents/${id}`, this.records.get(id)?.evidence);
      if (!sha256) throw new Problem(409, "bytes-missing", "", missing);
      return true;
    },
    /** @param {string} _token @param {string} method @param {string} path @param {Any} body */
    post: async (_token, method, path, body) => {
      await this.meet(`${method} ${path}`);
      this.records.set(path, body);
    },
    /** @param {string} token @param {Any[]} items */
    announceClips: async (token, items) => {
      if (token !== "good") throw new Problem(401, "not-signed-in", "");
      await this.meet("announce");
      return Promise.all(items.map((item) => this.announce(item)));
    },
    /** @param {string} _token @param {string[]} ids */
    confirmClips: async (_token, ids) => {
      await this.meet("confirm");
      return Promise.all(ids.map((id) => this.confirm(id)));
    },
    /** @param {Any} put @param {ArrayBuffer} bytes */
    putBytes: async ({ url }, bytes) => {
      this.bytes += bytes.byteLength;
      await this.meet(`put ${url}`);
      if (!this.store.has(url)) this.store.set(url, await hexDigest(bytes));
    },
    readChanges: async (/** @type {string} */ _token, /** @type {string} */ cursor) => {
      await this.meet("changes");
      const at = Number(cursor || "0");
      const changes = this.news.slice(at, at + 2);
      const to = at + changes.length;
      return { changes, cursor: String(to), more: to < this.news.length };
    },
  };

  /** @param {Any} item */
  async announce(item) {
    const fault = await this.meet(`announce ${item.id}`);
    if (fault) return { id: item.id, ...fault };
    const known = this.clips.get(item.id) ?? { ...item, state: "expected" };
    if (item.parts) known.parts = item.parts;
    this.clips.set(item.id, known);
    if (known.state !== "expected") return { id: item.id, status: 200, upload: null };
    return { id: item.id, status: 200, upload: sign(`clips/${item.id}`, known.parts) };
  }

  /**
   * Join the parts if all of them have come.
   *
   * @param {string} key
   * @param {Any} announced
   */
  come(key, announced) {
    const missing = (announced.parts ?? [])
      .map((/** @type {Any} */ part) => part.n)
      .filter((/** @type {number} */ n) => !this.store.has(`${key}/${n}`));
    if (announced.parts && !missing.length && !this.store.has(key)) {
      this.store.set(key, announced.sha256);
    }
    return { sha256: this.store.get(key), missing };
  }

  /** @param {string} id */
  async confirm(id) {
    const fault = await this.meet(`confirm ${id}`);
    if (fault) return { id, ...fault };
    const clip = this.clips.get(id);
    if (!clip) return refusal(id, 404, "not-found");
    const { sha256, missing } = this.come(`clips/${id}`, clip);
    if (!sha256) return refusal(id, 409, "bytes-missing", { missing_parts: missing });
    if (sha256 !== clip.sha256) return refusal(id, 409, "bytes-differ");
    clip.state = "uploaded";
    return { id, status: 200, receipt: { sha256, bytes: clip.bytes, stored_at: "" } };
  }
}

/**
 * @param {string} url
 * @param {Any[]} [parts]
 */
function sign(url, parts) {
  return { method: "PUT", url, parts: parts?.map(({ n }) => ({ n, url: `${url}/${n}` })) };
}

/**
 * @param {string} id
 * @param {number} status
 * @param {string} slug
 */
export function refusal(id, status, slug, more = {}) {
  return { id, status, problem: { type: `urn:fieldvoice:problem:${slug}`, ...more } };
}

/** A phone with one speaker, consent and session, and a server that takes whatever it sends. */
export class Phone {
  constructor() {
    this.db = new Database();
    this.server = new Server();
    this.clock = 1_000_000;
    this.link = { badUntil: 0, troubled: 0, rests: new Map(), done: new Map() };
    const row = { collector: "c", campaign: "demo", speaker: "s1", sent: false, refused: "" };
    this.row = row;
    this.db.table("enrolments").set("c", { collector: "c", campaign: "demo", token: "good" });
    this.add("speakers", { ...row, id: "s1", request: { campaign: "demo" } });
    this.add("consents", { ...row, id: "k1", request: { speaker: "s1" } });
    this.add("sessions", { ...row, id: "n1", request: { speaker: "s1", consent: "k1" } });
    this.server.calls.length = 0;
  }

  get doors() {
    const { db, link, server } = this;
    return /** @type {any} */ ({ db, link, api: server.api, now: () => this.clock });
  }

  /** @param {string} table @param {Any} row */
  add(table, row) {
    this.db.table(table).set(row.id, row);
  }

  /** @param {string} id @param {number} bytes @param {Any} [more] */
  async keep(id, bytes = 1000, more = {}) {
    const body = new Uint8Array(bytes).fill(id.charCodeAt(id.length - 1)).buffer;
    const request = { sha256: await hexDigest(body), bytes };
    const clip = { ...this.row, id, session: "n1", state: "ready", tries: 0, next_try: 0, request };
    this.add("clips", { ...clip, ...more });
    this.add("sounds", { id, bytes: body });
  }

  /** @param {number} bytes of what was said; the consent is k1 */
  async speakConsent(bytes) {
    const body = new Uint8Array(bytes).fill(7).buffer;
    const evidence = { sha256: await hexDigest(body), bytes };
    this.add("consents", { ...this.row, id: "k1", request: { speaker: "s1", evidence } });
    this.add("sounds", { id: "k1", bytes: body });
    return evidence.sha256;
  }

  /** @returns {Any} */
  get consent() {
    return /** @type {Any} */ (this.db.table("consents").get("k1"));
  }

  /** @param {string} id @returns {Any} */
  clip(id) {
    return /** @type {Any} */ (this.db.table("clips").get(id));
  }

  /** @param {string} id */
  sound(id) {
    return this.db.table("sounds").get(id);
  }

  /** @param {{hurry?: boolean}} [how] */
  async send(how) {
    return (await sendAll(this.doors, how)).outcome;
  }

  /** Send again and again, as the timers do, until all is home; returns how often. */
  async sendUntilHome(most = 100) {
    for (let visits = 1; visits <= most; visits++) {
      const { outcome, next } = await sendAll(this.doors);
      if (outcome === "empty") return visits;
      this.clock = Math.max(this.clock + 5000, next);
    }
    throw new Error("it never came home");
  }
}

export const cut = () => new NoAnswer("cut");

/** A link that lets no file through that is longer than `most` bytes. */
export function cutAt(/** @type {Phone} */ phone, /** @type {number} */ most) {
  const { putBytes } = phone.server.api;
  phone.server.api.putBytes = async (put, bytes) => {
    if (bytes.byteLength <= most) return putBytes(put, bytes);
    phone.server.bytes += most;
    throw new NoAnswer("cut");
  };
}
