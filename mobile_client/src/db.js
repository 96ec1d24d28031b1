/** IndexedDB: what this phone keeps. Bytes are ArrayBuffers, because Blobs fail on iOS. */

/**
 * @typedef {object} Enrolment
 * @property {string} collector key
 * @property {string} campaign
 * @property {string} token
 * @property {string} name
 * @property {number} enrolled_at
 */

/** @typedef {{campaign: string, etag: string, pack: import("./api.js").Pack}} PackRow */

/**
 * Something the server learns by one PUT. `request` is its body: written once, so that every
 * repetition is the same request.
 *
 * @typedef {object} Row
 * @property {string} id key, a UUID
 * @property {string} collector
 * @property {string} campaign
 * @property {string} speaker
 * @property {Record<string, any>} request
 * @property {boolean} sent the server has it
 * @property {string} refused the problem for which the server will never take it, or empty
 * @property {number} made_at
 */

/**
 * `ready`: kept here. `sent`: the store took the bytes. `confirmed`: the server gave the receipt, the
 * bytes are gone from here. `refused`: the server will not take it; the bytes stay.
 *
 * @typedef {object} ClipFacts
 * @property {string} session
 * @property {import("./api.js").Prompt} prompt
 * @property {"ready" | "sent" | "confirmed" | "refused"} state
 * @property {import("./api.js").Receipt | null} receipt
 * @property {import("./api.js").ServerVerdict | null} verdict
 * @property {number} tries
 * @property {number} next_try
 */

/** @typedef {Row & ClipFacts} Clip */

/**
 * A clip's file, apart from its facts: a list of five hundred clips must not read their sound.
 *
 * @typedef {{id: string, bytes: ArrayBuffer}} Sound
 */

/**
 * @typedef {object} Tables
 * @property {{key: string, value: any}} facts
 * @property {Enrolment} enrolments
 * @property {PackRow} packs
 * @property {Row} speakers
 * @property {Row} consents
 * @property {Row} sessions
 * @property {Clip} clips
 * @property {Sound} sounds
 */

const NAME = "fieldvoice";
const VERSION = 1;
/** @type {Record<keyof Tables, string>} */
const KEYS = {
  facts: "key",
  enrolments: "collector",
  packs: "campaign",
  speakers: "id",
  consents: "id",
  sessions: "id",
  clips: "id",
  sounds: "id",
};

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

function open() {
  opened ??= new Promise((done, fail) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [table, keyPath] of Object.entries(KEYS)) {
        if (!request.result.objectStoreNames.contains(table)) {
          request.result.createObjectStore(table, { keyPath });
        }
      }
    };
    request.onsuccess = () => {
      // Another tab may need to upgrade; the system may close it, iOS does: open again next time.
      const forget = () => {
        opened = null;
      };
      request.result.onclose = forget;
      request.result.onversionchange = () => {
        request.result.close();
        forget();
      };
      done(request.result);
    };
    request.onerror = () => {
      opened = null;
      fail(request.error);
    };
  });
  return opened;
}

/**
 * @template T
 * @param {keyof Tables} table
 * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>}
 */
async function read(table, ask) {
  const database = await open();
  return new Promise((done, fail) => {
    const request = ask(database.transaction(table).objectStore(table));
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

/**
 * @template {keyof Tables} T
 * @param {T} table
 * @param {string} key
 * @returns {Promise<Tables[T] | undefined>}
 */
export function get(table, key) {
  return read(table, (store) => store.get(key));
}

/**
 * @template {keyof Tables} T
 * @param {T} table
 * @returns {Promise<Tables[T][]>} in the order of the keys, which for UUIDv7 is that of time
 */
export function all(table) {
  return read(table, (store) => store.getAll());
}

/**
 * @template {keyof Tables} [T=keyof Tables]
 * @typedef {{table: T, put: Tables[T]} | {table: T, drop: string}} Change
 */

/**
 * Write all of it or nothing; done when it is on the disk.
 *
 * @param {Change[]} changes
 * @returns {Promise<void>} throws QuotaExceededError when the phone is full
 */
export async function commit(changes) {
  const database = await open();
  const tables = [...new Set(changes.map((change) => change.table))];
  return new Promise((done, fail) => {
    // Strict: a kept take must survive a battery that is pulled.
    const transaction = database.transaction(tables, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => done();
    transaction.onabort = () => fail(transaction.error);
    for (const change of changes) {
      const store = transaction.objectStore(change.table);
      if ("put" in change) store.put(change.put);
      else store.delete(change.drop);
    }
  });
}

/**
 * @template {keyof Tables} T
 * @param {T} table
 * @param {Tables[T]} row
 */
export function put(table, row) {
  return commit([/** @type {Change} */ ({ table, put: row })]);
}

/**
 * @param {string} key
 * @param {() => any} make called when there is none
 * @returns {Promise<any>}
 */
export async function fact(key, make) {
  const row = await get("facts", key);
  if (row) return row.value;
  const value = make();
  await put("facts", { key, value });
  return value;
}
