/** A copy holds all that is only here, with what it rests on, and no more. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nameOf, planCopies, unsent, writeCopy } from "../src/outbox/export.js";

const OPEN = { collector: "c", campaign: "spring", sent: false, refused: "", made_at: 0 };

/** @param {Record<string, any>} more */
function clip(more) {
  return /** @type {any} */ ({
    ...OPEN,
    session: "n1",
    speaker: "s1",
    state: "ready",
    request: { bytes: 10, content_type: "audio/flac" },
    ...more,
  });
}

/** A phone with a speaker whom the server knows, and one whom it does not.
 * @param {any[]} clips
 * @param {Record<string, any[]>} [more] */
function phone(clips, more = {}) {
  /** @type {Record<string, any[]>} */
  const tables = {
    facts: [{ key: "install-id", value: "install-1" }],
    enrolments: [{ collector: "c", campaign: "spring", token: "secret", name: "Ada" }],
    speakers: [
      { ...OPEN, id: "s1", speaker: "s1", sent: true, request: { campaign: "spring" } },
      { ...OPEN, id: "s2", speaker: "s2", request: { campaign: "spring" } },
    ],
    consents: [{ ...OPEN, id: "k1", speaker: "s1", sent: true, request: { speaker: "s1" } }],
    sessions: [
      { ...OPEN, id: "n1", speaker: "s1", request: { speaker: "s1", consent: "k1" } },
      { ...OPEN, id: "n0", speaker: "s0", sent: true, request: { speaker: "s0", consent: "k0" } },
    ],
    posts: [],
    clips,
    sounds: clips.map(({ id }) => ({ id, bytes: new TextEncoder().encode(`sound ${id}`).buffer })),
    ...more,
  };
  const table = (/** @type {string} */ name) => /** @type {any[]} */ (tables[name]);
  return /** @type {any} */ ({
    all: async (/** @type {string} */ name) => table(name),
    get: async (/** @type {string} */ name, /** @type {string} */ key) =>
      table(name).find((row) => (row.id ?? row.key) === key),
    clipsBy: async (/** @type {"state"} */ index, /** @type {string} */ value) =>
      table("clips").filter((row) => row[index] === value),
  });
}

const ids = (/** @type {{id: string}[]} */ rows) => rows.map((row) => row.id);

test("what is home is not counted, what nobody kept is counted apart", async () => {
  const states = ["ready", "sent", "refused", "confirmed", "withdrawn", "review", "recording"];
  const here = phone(states.map((state) => clip({ id: state, state })));
  const { clips, unkept, bytes } = await unsent(here);
  assert.deepEqual(ids(clips), ["ready", "sent", "refused"]);
  assert.deepEqual([unkept, bytes], [2, 30]);
});

test("a clip brings its session, consent and speaker, also those that the server knows", async () => {
  const [copy] = await planCopies(phone([clip({ id: "t1" })]));
  assert.ok(copy);
  assert.deepEqual(ids(copy.sessions), ["n1"]);
  assert.deepEqual(ids(copy.consents), ["k1"]);
  assert.deepEqual(ids(copy.speakers), ["s1", "s2"]);
});

test("each campaign has a file of its own", async () => {
  const clips = [clip({ id: "t1" }), clip({ id: "t2", campaign: "autumn" })];
  const copies = await planCopies(phone(clips));
  assert.deepEqual(
    copies.map((copy) => [copy.campaign, ...ids(copy.clips)]),
    [
      ["spring", "t1"],
      ["autumn", "t2"],
    ],
  );
});

test("more than a file takes is dealt out, each with what its clips rest on", async () => {
  const clips = ["t1", "t2", "t3", "t4"].map((id) => clip({ id }));
  clips[3].request = { ...clips[3].request, bytes: 100 };
  const copies = await planCopies(phone(clips), 25);
  assert.deepEqual(
    copies.map((copy) => ids(copy.clips)),
    [["t1", "t2"], ["t3"], ["t4"]],
  );
  for (const copy of copies) {
    assert.deepEqual([ids(copy.sessions), ids(copy.consents)], [["n1"], ["k1"]]);
    assert.deepEqual(ids(copy.speakers), ["s1", "s2"]);
  }
});

test("a phone with nothing unsent makes no file", async () => {
  const home = { ...OPEN, sent: true };
  const here = phone([clip({ id: "t1", state: "confirmed" })], {
    speakers: [{ ...home, id: "s1" }],
    sessions: [{ ...home, id: "n1", request: {} }],
  });
  assert.deepEqual(await planCopies(here), []);
});

test("who took their voice back is named, and nothing else of them leaves the phone", async () => {
  const here = phone([], {
    speakers: [{ ...OPEN, id: "s1", refused: "speaker-withdrawn", request: {} }],
    consents: [{ ...OPEN, id: "k1", refused: "speaker-withdrawn", request: {} }],
    sessions: [],
    posts: [
      { id: "p1", collector: "c", path: "speakers/s1/withdraw", request: {}, sent: false },
      { id: "p2", collector: "c", path: "clips/t9/withdraw", request: {}, sent: false },
      { id: "p3", collector: "c", path: "clips/t8/withdraw", request: {}, sent: true },
      { id: "p4", collector: "c", path: "prompts/x/reports", request: {}, sent: false },
    ],
  });
  const [copy] = await planCopies(here);
  assert.ok(copy);
  assert.deepEqual(copy.withdrawals, [
    { collector: "c", campaign: "spring", speaker: "s1" },
    { collector: "c", campaign: "spring", clip: "t9" },
  ]);
  assert.deepEqual([copy.speakers, copy.consents], [[], []]);
});

test("the file holds the list and the sounds, no token and no name", async () => {
  const here = phone([clip({ id: "t1" })]);
  const [copy] = await planCopies(here);
  assert.ok(copy);
  let told = 0;
  const file = await writeCopy(here, copy, "copy.zip", () => told++);
  const text = Buffer.from(await file.arrayBuffer()).toString("latin1");
  assert.deepEqual([file.name, file.type, told], ["copy.zip", "application/zip", 1]);
  assert.ok(text.includes("clips/t1.flacsound t1"));
  assert.ok(text.includes('"install_id":"install-1"'));
  assert.ok(text.includes('"enrolments":[{"collector":"c","campaign":"spring"}]'));
  assert.ok(!text.includes("secret") && !text.includes("Ada"));
});

test("what a speaker corrected goes along with what they said first", async () => {
  const said = { campaign: "spring", demographics: { gender: "male" } };
  const here = phone([], {
    speakers: [{ ...OPEN, id: "s1", request: said, answers: { gender: "female" } }],
    sessions: [],
  });
  const [copy] = await planCopies(here);
  assert.ok(copy);
  const text = await (await writeCopy(here, copy, "copy.zip")).text();
  assert.ok(text.includes('"request":{"campaign":"spring","demographics":{"gender":"male"}}'));
  assert.ok(text.includes('"answers":{"gender":"female"}'));
});

test("spoken words of a consent that are not home come along", async () => {
  const consent = {
    ...OPEN,
    id: "k1",
    speaker: "s1",
    sent: true,
    request: { evidence: { content_type: "image/png" } },
  };
  const here = phone([clip({ id: "t1" })], {
    consents: [consent],
    sounds: [{ id: "k1", bytes: new TextEncoder().encode("signed").buffer }],
  });
  const [copy] = await planCopies(here);
  assert.ok(copy);
  const text = await (await writeCopy(here, copy, "copy.zip")).text();
  assert.ok(text.includes("consents/k1.pngsigned"));
  assert.ok(text.includes('"clips":[{"id":"t1","collector":"c","campaign":"spring","request":'));
});

test("a file's name says campaign, time and part, and nobody's name", () => {
  const now = new Date("2026-05-09T14:30:21Z");
  assert.equal(nameOf("spring", now, 0, 1), "fieldvoice-spring-202605091430.zip");
  assert.equal(nameOf("spring", now, 1, 3), "fieldvoice-spring-202605091430-2of3.zip");
});
