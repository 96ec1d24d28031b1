/** One visit: only over the network that may be used, and with all that the next days need. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { clockOffset, Problem, rememberClock } from "../src/door.js";
import { bytesPerSecond } from "../src/outbox/room.js";
import { recallClock, visit, WIFI_ONLY } from "../src/outbox/visit.js";
import { Phone } from "./outbox_double.js";

const PROMPT = { id: "p1", revision: 1, has_audio: true };

/** A phone whose server also has a pack, leases and the sound of prompts. */
async function phone() {
  const here = new Phone();
  await here.keep("t1");
  const prompts = [PROMPT, { id: "p2", revision: 1, has_audio: false }];
  const server = {
    pack: { campaign: { dimensions: [], state: "open" }, prompts },
    sounds: /** @type {string[]} */ ([]),
  };
  Object.assign(here.server.api, {
    readPack: async (/** @type {any[]} */ ...[, , etag]) => {
      await here.server.meet("pack");
      return etag === "1" ? { pack: null, etag } : { pack: server.pack, etag: "1" };
    },
    askLeases: async () => here.server.meet("leases").then(() => []),
    readPromptAudio: async (/** @type {any[]} */ ...[, id]) => {
      server.sounds.push(id);
      return { content_type: "audio/flac", bytes: new ArrayBuffer(3) };
    },
  });
  return { here, server, go: (how = {}) => visit(here.doors, how) };
}

/** @param {string | undefined} type */
function onNetwork(type) {
  const value = { connection: { type } };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
}

beforeEach(() => {
  onNetwork(undefined);
  rememberClock(0);
});

test("a visit sends, then fetches the pack, leases and the sound of prompts, then reports", async () => {
  const { here, server, go } = await phone();
  assert.equal((await go()).outcome, "empty");
  assert.equal(here.clip("t1").state, "confirmed");
  assert.deepEqual(here.server.calls.slice(-4), [
    "changes",
    "pack",
    "leases",
    "POST devices/self/reports",
  ]);
  assert.deepEqual(server.sounds, ["p1"]);
  const { unsent, unsent_bytes } = here.server.records.get("devices/self/reports") ?? {};
  assert.deepEqual([unsent, unsent_bytes], [0, 0]);
});

test("a second visit soon after asks only for what changed", async () => {
  const { here, go } = await phone();
  await go();
  here.server.calls.length = 0;
  await go();
  assert.deepEqual(here.server.calls, ["changes"]);
});

test("how much waits is reported when it is another number", async () => {
  const { here, go } = await phone();
  await go();
  await here.keep("t2");
  here.server.faults["announce t2"] = [{ status: 503, problem: { type: "" } }];
  await go();
  const { unsent, unsent_bytes } = here.server.records.get("devices/self/reports") ?? {};
  assert.deepEqual([unsent, unsent_bytes], [1, 1000]);
});

test("a prompt's sound is fetched once for each revision, and dropped with its prompt", async () => {
  const { here, server, go } = await phone();
  const later = () => {
    here.clock += 3_600_000;
    return go();
  };
  await go();
  await later();
  assert.deepEqual(server.sounds, ["p1"]);
  server.pack.prompts = [{ ...PROMPT, revision: 2 }];
  here.db.table("packs").clear();
  await later();
  assert.deepEqual(server.sounds, ["p1", "p1"]);
  server.pack.prompts = [];
  here.db.table("packs").clear();
  await later();
  assert.equal((await here.db.all("prompt_audio")).length, 0);
});

test("a server without one of the calls is served as well as it goes", async () => {
  const { here, go } = await phone();
  for (const call of ["changes", "leases", "POST devices/self/reports"]) {
    here.server.faults[call] = [new Problem(404, "not-found", "")];
  }
  assert.equal((await go()).outcome, "empty");
  assert.ok(here.db.table("packs").get("demo"));
});

test("with Wi-Fi only, nothing goes over mobile data or an unknown network, unless tapped", async () => {
  const { here, go } = await phone();
  await here.db.put("facts", { key: WIFI_ONLY, value: true });
  for (const type of ["cellular", "unknown", undefined]) {
    onNetwork(type);
    assert.equal((await go({ hurry: true })).outcome, "held");
  }
  assert.deepEqual(here.server.calls, []);
  assert.equal((await go({ tap: true })).outcome, "empty");
  onNetwork("cellular");
  assert.equal((await go()).outcome, "empty");
  await here.keep("t2");
  onNetwork("wifi");
  assert.equal((await go()).outcome, "empty");
  assert.equal(here.clip("t2").state, "confirmed");
});

test("the server's clock is known again at the next start", async () => {
  const { here, go } = await phone();
  here.server.faults.announce = [() => rememberClock(-90_000)];
  await go();
  rememberClock(0);
  await recallClock(here.doors);
  assert.equal(clockOffset(), -90_000);
});

test("what a second of speech takes is measured on the phone's own clips", () => {
  const clip = (/** @type {number} */ bytes, /** @type {number} */ duration_ms) =>
    /** @type {any} */ ({ request: { bytes, duration_ms } });
  assert.equal(bytesPerSecond([clip(50_000, 2000), clip(70_000, 2000), clip(0, 0)]), 30_000);
  assert.equal(bytesPerSecond([]), 50_000);
});
