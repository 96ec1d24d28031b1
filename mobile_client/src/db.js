/** IndexedDB: read and write the tables of tables.js, surely. */

import { INDEXES, KEYS, NAME, VERSION } from "./tables.js";

/** @typedef {import("./tables.js").Enrolment} Enrolment */
/** @typedef {import("./tables.js").PackRow} PackRow */
/** @typedef {import("./tables.js").Row} Row */
/** @typedef {import("./tables.js").ClipFacts} ClipFacts */
/** @typedef {import("./tables.js").Clip} Clip */
/** @typedef {import("./tables.js").Frame} Frame */
/** @typedef {import("./tables.js").Post} Post */
/** @typedef {import("./tables.js").Lease} Lease */
/** @typedef {import("./tables.js").PromptAudio} PromptAudio */
/** @typedef {import("./tables.js").Sound} Sound */
/** @typedef {import("./tables.js").Tables} Tables */

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
      for (const { table, name, path } of INDEXES) {
        const store = request.transaction?.objectStore(table);
        if (store && !store.indexNames.contains(name)) store.createIndex(name, path);
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
 * Run a transaction; once more on a fresh connection where the system took the first one away.
 *
 * @template T
 * @param {(keyof Tables)[]} tables
 * @param {IDBTransactionMode} mode
 * @param {IDBTransactionOptions} how
 * @param {(transaction: IDBTransaction) => () => T} work asks; what it returns reads the answers
 * @returns {Promise<T>}
 */
async function run(tables, mode, how, work, again = true) {
  const opening = open();
  try {
    const database = await opening;
    return await new Promise((done, fail) => {
      const transaction = database.transaction(tables, mode, how);
      const result = work(transaction);
      transaction.oncomplete = () => done(result());
      transaction.onabort = () => fail(transaction.error ?? new DOMException("", "AbortError"));
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (!again || !["InvalidStateError", "UnknownError"].includes(name)) throw error;
    // Another transaction may have opened a fresh one already, which stays.
    if (opened === opening) opened = null;
    opening.then((database) => database.close()).catch(() => {});
    return run(tables, mode, how, work, false);
  }
}

/**
 * @template T
 * @param {keyof Tables} table
 * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>}
 */
function read(table, ask) {
  return run([table], "readonly", {}, (transaction) => {
    const request = ask(transaction.objectStore(table));
    return () => request.result;
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
 * @param {"state" | "speaker" | "session"} index
 * @param {string} value
 * @returns {Promise<Clip[]>} in the order of time
 */
export function clipsBy(index, value) {
  return read("clips", (store) => store.index(index).getAll(value));
}

/**
 * @param {Clip["state"]} state
 * @returns {Promise<number>}
 */
export function countClips(state) {
  return read("clips", (store) => store.index("state").count(state));
}

/**
 * @param {number} count
 * @returns {Promise<Clip[]>} the newest, the newest first
 */
export function latestClips(count) {
  return run(["clips"], "readonly", {}, (transaction) => {
    /** @type {Clip[]} */
    const found = [];
    const request = transaction.objectStore("clips").openCursor(null, "prev");
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      found.push(cursor.value);
      if (found.length < count) cursor.continue();
    };
    return () => found;
  });
}

/**
 * @param {string} clip
 * @returns {Promise<Frame[]>} in order
 */
export function framesOf(clip) {
  return read("frames", (store) => store.getAll(everyFrame(clip)));
}

/** @param {string} clip */
export function everyFrame(clip) {
  return IDBKeyRange.bound([clip], [clip, []]);
}

/**
 * @template {keyof Tables} [T=keyof Tables]
 * @typedef {{table: T, put: Tables[T]} | {table: T, drop: string | IDBKeyRange}} Change
 */

/**
 * Write all of it or nothing; done when it is on the disk.
 *
 * @param {Change[]} changes
 * @param {"strict" | "relaxed"} [durability] strict: must survive a battery that is pulled. relaxed:
 *   must survive the browser's death, and comes many times a second (a take's frames)
 * @returns {Promise<void>} throws QuotaExceededError when the phone is full
 */
export function commit(changes, durability = "strict") {
  const tables = [...new Set(changes.map((change) => change.table))];
  return run(tables, "readwrite", { durability }, (transaction) => {
    write(transaction, changes);
    return () => undefined;
  });
}

/**
 * @param {IDBTransaction} transaction
 * @param {Change[]} changes
 */
function write(transaction, changes) {
  for (const change of changes) {
    const store = transaction.objectStore(change.table);
    if ("put" in change) store.put(change.put);
    else store.delete(change.drop);
  }
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
 * Change a row as it is now, in one transaction: page, tabs and service worker write side by side,
 * and a row that was read a moment ago may be old. With `also`, other changes go along.
 *
 * @template {keyof Tables} T
 * @param {T} table
 * @param {string} key
 * @param {(row: Tables[T]) => Partial<Tables[T]> | null} change null: leave it, and the others too;
 *   the row itself: it need not be written, which a full phone would refuse
 * @param {Change[]} [also]
 * @returns {Promise<Tables[T] | null>} the row after it; null: it is not there, or was left
 */
export function change(table, key, change, also = []) {
  const tables = [...new Set([table, ...also.map((one) => one.table)])];
  return run(tables, "readwrite", { durability: "strict" }, (transaction) => {
    /** @type {Tables[T] | null} */
    let after = null;
    const store = transaction.objectStore(table);
    const request = store.get(key);
    request.onsuccess = () => {
      const news = request.result ? change(request.result) : null;
      if (!news) return;
      after = { ...request.result, ...news };
      if (news !== request.result) store.put(after);
      write(transaction, also);
    };
    return () => after;
  });
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
