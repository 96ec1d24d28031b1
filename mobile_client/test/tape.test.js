/** The tape cuts endless sound into takes: nothing lost, nothing twice, half a second from before. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { join, toInt16 } from "../src/capture/pcm.js";
import { startTape } from "../src/capture/tape.js";

const RATE = 16_000;
const FRAME = 1024;

/** A tape that hears 0, 1, 2 ... and what it wrote. */
function counting() {
  /** @type {Int16Array[]} */
  const frames = [];
  let ends = 0;
  let next = 0;
  const tape = startTape(
    RATE,
    (samples, number) => {
      if (number === 0) frames.length = 0;
      assert.equal(number, frames.length);
      frames.push(samples);
    },
    () => ends++,
  );
  const hear = (/** @type {number} */ count, block = 160) => {
    for (let left = count; left > 0; left -= block) {
      const length = Math.min(block, left);
      tape.push(Int16Array.from({ length }, () => next++));
    }
  };
  return { tape, frames, hear, ends: () => ends, all: () => [...join(frames)] };
}

/** @param {number} from
 * @param {number} to */
const count = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);

test("a take begins half a second before its tap and ends after its tail, to the sample", () => {
  const { tape, frames, hear, ends, all } = counting();
  hear(12_000);
  assert.equal(tape.begin(100_000), 8000);
  hear(3000);
  tape.end(500);
  assert.equal(ends(), 0);
  hear(1000);
  assert.equal(ends(), 1);
  assert.deepEqual(all(), count(4000, 15_500));
  assert.ok(frames.slice(0, -1).every((frame) => frame.length === FRAME));
});

test("a microphone that was just opened gives what it has", () => {
  const { tape, hear, all } = counting();
  hear(100);
  assert.equal(tape.begin(100_000), 100);
  hear(60);
  tape.end(0);
  assert.deepEqual(all(), count(0, 160));
});

test("a take ends by itself at its longest", () => {
  const { tape, hear, ends, all } = counting();
  hear(8000);
  tape.begin(10_000);
  hear(5000, 333);
  assert.equal(ends(), 1);
  assert.equal(all().length, 10_000);
  tape.end(0);
  assert.equal(ends(), 1);
});

test("no sample is in two takes", () => {
  const { tape, hear, all } = counting();
  hear(1000);
  tape.begin(100_000);
  hear(1000);
  tape.end(50);
  hear(160);
  const first = all();
  tape.begin(100_000);
  hear(200);
  tape.end(0);
  assert.deepEqual(all(), count(2050, 2360));
  assert.equal(first.at(-1), 2049);
});

test("what the phone plays itself does not begin the next take", () => {
  const { tape, hear, all } = counting();
  hear(5000);
  tape.hush(true);
  hear(5000);
  tape.hush(false);
  hear(160);
  assert.equal(tape.begin(100_000), 160);
  tape.end(0);
  assert.deepEqual(all(), count(10_000, 10_160));
});

test("an interrupted take ends at once, even if nothing comes any more", () => {
  const { tape, hear, ends, all } = counting();
  hear(100);
  tape.begin(100_000);
  tape.end(4800);
  assert.equal(ends(), 0);
  tape.end(0);
  assert.equal(ends(), 1);
  assert.deepEqual(all(), count(0, 100));
});

test("the browser's fractions become the microphone's whole numbers again", () => {
  const numbers = Int16Array.from([-32768, -32767, -12345, -1, 0, 1, 12345, 32766, 32767]);
  const fractions = Float32Array.from(numbers, (value) => value / (value < 0 ? 32768 : 32767));
  assert.deepEqual(toInt16(fractions), numbers);
  assert.deepEqual([...toInt16(Float32Array.from([-1.5, 1.5]))], [-32768, 32767]);
});
