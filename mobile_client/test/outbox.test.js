/** What is kept goes home once, in the order the server needs; bytes go only for a receipt. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer, Problem } from "../src/api.js";
import { pauseAfter, sendAll } from "../src/outbox/send.js";

const SHA = "a".repeat(64);

/** A phone with one speaker, consent, session and clip, and a server that takes them all. */
function phone() {
  const row = { collector: "c", campaign: "demo", speaker: "s1", sent: false, refused: "" };
  /** @type {Record<string, Map<string, any>>} */
  const tables = {
    enrolments: new Map([["c", { collector: "c", token: "good" }]]),
    speakers: new Map([["s1", { ...row, id: "s1", request: { campaign: "demo" } }]]),
    consents: new Map([["k1", { ...row, id: "k1", request: { speaker: "s1" } }]]),
    sessions: new Map([["n1", { ...row, id: "n1", request: { speaker: "s1", consent: "k1" } }]]),
    clips: new Map([
      [
        "t1",
        {
          ...row,
          id: "t1",
          session: "n1",
          state: "ready",
          tries: 0,
          next_try: 0,
          request: { sha256: SHA },
        },
      ],
    ]),
    sounds: new Map([["t1", { id: "t1", bytes: new ArrayBuffer(4) }]]),
  };
  /** @type {string[]} */
  const calls = [];
  /** What a call throws or answers instead, once each.
   * @type {Record<string, any[]>} */
  const faults = {};
  const answer = (/** @type {string} */ name, /** @type {any} */ usual) => {
    calls.push(name);
    const fault = faults[name]?.shift();
    if (fault instanceof Error) throw fault;
    return fault ?? usual;
  };
  const api = {
    putRecord: async (/** @type {any[]} */ ...[, kind, id]) => answer(`${kind}/${id}`, undefined),
    putClip: async (/** @type {any[]} */ ...[, id]) =>
      answer(`announce ${id}`, { id, state: "expected", upload: { url: "u" } }),
    putBytes: async () => answer("put", undefined),
    confirmClip: async (/** @type {any[]} */ ...[, id]) =>
      answer(`confirm ${id}`, { id, state: "uploaded", receipt: { sha256: SHA, bytes: 4 } }),
  };
  const table = (/** @type {string} */ name) => /** @type {Map<string, any>} */ (tables[name]);
  const commit = async (/** @type {any[]} */ changes) => {
    for (const change of changes) {
      if ("put" in change) table(change.table).set(change.put.id, change.put);
      else table(change.table).delete(change.drop);
    }
  };
  const db = {
    all: async (/** @type {string} */ name) => [...table(name).values()],
    get: async (/** @type {string} */ name, /** @type {string} */ key) => table(name).get(key),
    put: (/** @type {string} */ name, /** @type {any} */ row) =>
      commit([{ table: name, put: row }]),
    commit,
  };
  const clock = { now: 1000 };
  const doors = /** @type {any} */ ({ api, db, now: () => clock.now });
  return {
    calls,
    faults,
    clock,
    clip: () => table("clips").get("t1"),
    sound: () => table("sounds").get("t1"),
    row: (/** @type {string} */ name, /** @type {string} */ id) => table(name).get(id),
    send: (/** @type {{hurry?: boolean}} */ how = {}) => sendAll(doors, how),
  };
}

test("a speaker, a consent, a session and a clip go home in this order", async () => {
  const here = phone();
  assert.equal(await here.send(), "empty");
  const order = ["speakers/s1", "consents/k1", "sessions/n1", "announce t1", "put", "confirm t1"];
  assert.deepEqual(here.calls, order);
  assert.equal(here.clip().state, "confirmed");
  assert.equal(here.sound(), undefined);
});

test("a second round sends nothing again", async () => {
  const here = phone();
  await here.send();
  here.calls.length = 0;
  assert.equal(await here.send(), "empty");
  assert.deepEqual(here.calls, []);
});

test("the bytes stay when the receipt names other bytes", async () => {
  const here = phone();
  here.faults["confirm t1"] = [
    { id: "t1", state: "uploaded", receipt: { sha256: "b".repeat(64) } },
  ];
  assert.equal(await here.send(), "waiting");
  assert.ok(here.sound());
  assert.equal(here.clip().state, "sent");
});

test("an answer that was lost after the bytes were stored costs no second transfer", async () => {
  const here = phone();
  here.faults["confirm t1"] = [new NoAnswer("cut")];
  assert.equal(await here.send(), "offline");
  here.calls.length = 0;
  here.faults["announce t1"] = [{ id: "t1", state: "uploaded", upload: null }];
  assert.equal(await here.send({ hurry: true }), "empty");
  assert.deepEqual(here.calls, ["announce t1", "confirm t1"]);
});

test("without a network nothing more is tried and nothing is lost", async () => {
  const here = phone();
  here.faults["speakers/s1"] = [new NoAnswer("offline")];
  assert.equal(await here.send(), "offline");
  assert.deepEqual(here.calls, ["speakers/s1"]);
  assert.ok(here.sound());
});

test("a server that is busy with the session keeps its clips waiting, not refused", async () => {
  const here = phone();
  here.faults["sessions/n1"] = [new Problem(503, "unavailable", "")];
  assert.equal(await here.send(), "waiting");
  assert.ok(!here.calls.includes("announce t1"));
  assert.equal(await here.send(), "empty");
});

test("a refused speaker refuses what depends on it, with the bytes kept", async () => {
  const here = phone();
  here.faults["speakers/s1"] = [new Problem(400, "malformed", "")];
  await here.send();
  assert.deepEqual(here.calls, ["speakers/s1"]);
  assert.equal(here.clip().state, "refused");
  assert.equal(here.clip().refused, "malformed");
  assert.ok(here.sound());
});

test("a clip that the store refuses rests, longer each time", async () => {
  const here = phone();
  here.faults.put = [new Problem(503, "store-refused", ""), new Problem(503, "store-refused", "")];
  assert.equal(await here.send(), "waiting");
  const first = here.clip().next_try - here.clock.now;
  here.calls.length = 0;
  assert.equal(await here.send(), "waiting");
  assert.deepEqual(here.calls, []);
  here.clock.now = here.clip().next_try;
  await here.send();
  assert.equal(here.clip().tries, 2);
  assert.ok(first >= 3000 && first <= 5000);
});

test("bytes that the store does not have are sent again", async () => {
  const here = phone();
  here.faults["confirm t1"] = [new Problem(409, "bytes-missing", "")];
  assert.equal(await here.send(), "waiting");
  assert.equal(await here.send({ hurry: true }), "empty");
  assert.equal(here.calls.filter((call) => call === "put").length, 2);
});

test("a clip whose speaker withdrew is deleted here as well", async () => {
  const here = phone();
  here.faults["confirm t1"] = [new Problem(410, "clip-withdrawn", "")];
  await here.send();
  assert.equal(here.clip().state, "refused");
  assert.equal(here.sound(), undefined);
});

test("a token that is no longer good stops the round and keeps everything", async () => {
  const here = phone();
  here.faults["speakers/s1"] = [new Problem(401, "not-signed-in", "")];
  assert.equal(await here.send(), "signed-out");
  assert.equal(here.row("speakers", "s1").refused, "");
  assert.ok(here.sound());
});

test("the pause doubles up to five minutes, within its jitter", () => {
  assert.equal(pauseAfter(1, 0.5), 4000);
  assert.equal(pauseAfter(2, 0.5), 8000);
  assert.equal(pauseAfter(30, 0.5), 300_000);
  assert.equal(pauseAfter(1, 0), 3000);
  assert.equal(pauseAfter(1, 1), 5000);
});
