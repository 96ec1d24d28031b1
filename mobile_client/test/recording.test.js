/** A take while it is recorded: every frame is stored in order, and a full phone ends it honestly. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { startRecording } from "../src/capture/recording.js";

/** @typedef {import("../src/db.js").Change} Change */

const RATE = 16_000;
const ROW = /** @type {import("../src/db.js").Clip} */ ({
  id: "0192f3c4-0000-7000-8000-000000000001",
  prompt: { kind: "read", text: "The bus to the market", repeats: 1 },
});
const tone = Int16Array.from({ length: 1024 }, (_, n) => 8000 * Math.sin(n / 9));

/**
 * @param {(changes: Change[]) => Promise<void>} commit
 * @param {number} [startedAt]
 */
function record(commit, startedAt) {
  /** @type {string[]} */
  const told = [];
  const listener = {
    stored: (/** @type {number} */ frames) => void told.push(`stored ${frames}`),
    silence: () => void told.push("silence"),
    full: () => void told.push("full"),
  };
  const take = startRecording(ROW, RATE, commit, listener, startedAt);
  return { take, told };
}

test("the take's row is stored with its first frame, then frame by frame", async () => {
  /** @type {string[][]} */
  const written = [];
  const { take, told } = record(async (changes) => {
    written.push(changes.map((change) => change.table));
  });
  await take.write(tone, 0);
  take.write(tone, 1);
  take.write(tone.subarray(0, 100), 2);
  const ended = await take.end();
  assert.deepEqual(written, [
    ["clips", "frames"],
    ["frames", "frames"],
  ]);
  assert.deepEqual(told, ["stored 1", "stored 3"]);
  assert.equal(ended.samples, 2148);
  assert.equal(ended.stored, 2148);
  assert.equal(ended.measures.duration_s, 0.13425);
});

test("after a refusal nothing more is stored, so that the take has no hole", async () => {
  let commits = 0;
  const { take, told } = record(async () => {
    if (++commits === 2) throw new DOMException("", "QuotaExceededError");
  });
  for (let n = 0; n < 5; n++) await take.write(tone, n);
  const ended = await take.end();
  assert.deepEqual(told, ["stored 1", "full"]);
  assert.equal(commits, 2);
  assert.equal(ended.stored, 1024);
  assert.equal(ended.samples, 5 * 1024);
});

test("a microphone that gives nothing but zeros is told once", async () => {
  const { take, told } = record(async () => {});
  const zeros = new Int16Array(1024);
  await Promise.all(Array.from({ length: 30 }, (_, n) => take.write(zeros, n)));
  assert.deepEqual(told.slice(0, 1), ["silence"]);
  assert.equal(told.filter((one) => one === "silence").length, 1);
});

test("a pause after the first sound is no silent microphone", async () => {
  const { take, told } = record(async () => {});
  await take.write(tone, 0);
  for (let n = 1; n < 30; n++) await take.write(new Int16Array(1024), n);
  assert.ok(!told.includes("silence"));
});

test("a jump of the source's clock is counted, and what is missing is told", async () => {
  const { take } = record(async () => {}, performance.now() - 300);
  let at = 100;
  for (let block = 0; block < 20; block++) {
    if (block === 10) at += 0.1;
    take.see(at, 160);
    at += 0.01;
  }
  const ended = await take.end();
  assert.equal(ended.gaps, 1);
  assert.equal(ended.missingMs, 100);
});
