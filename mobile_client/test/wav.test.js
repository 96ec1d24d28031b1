/** The file is a WAV with exactly the microphone's samples. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { encodeWav, HEADER_BYTES, joinSamples, toInt16 } from "../src/capture/wav.js";

/** As browsers turn integers into floats.
 * @param {number} value */
const asBrowsersDo = (value) => (value < 0 ? value / 32768 : value / 32767);

test("every 16-bit value survives the way through the browser's floats", () => {
  for (let value = -32768; value <= 32767; value++) {
    assert.equal(toInt16(Math.fround(asBrowsersDo(value))), value);
  }
});

test("what is beyond full scale is held at it", () => {
  assert.deepEqual([toInt16(1.5), toInt16(-1.5)], [32767, -32768]);
});

test("blocks are joined in order", () => {
  const blocks = [Float32Array.of(0, -1), Float32Array.of(1)];
  assert.deepEqual([...joinSamples(blocks)], [0, -32768, 32767]);
});

test("the header tells format, rate and length, and the samples follow as little-endian", () => {
  const file = encodeWav(Int16Array.of(1, -2, 300), 44100);
  const view = new DataView(file);
  const text = (/** @type {number} */ at) => Buffer.from(file, at, 4).toString("latin1");
  assert.deepEqual([text(0), text(8), text(12), text(36)], ["RIFF", "WAVE", "fmt ", "data"]);
  assert.equal(view.getUint32(4, true), file.byteLength - 8);
  assert.deepEqual([view.getUint16(20, true), view.getUint16(22, true)], [1, 1]);
  assert.deepEqual([view.getUint32(24, true), view.getUint32(28, true)], [44100, 88200]);
  assert.deepEqual([view.getUint16(32, true), view.getUint16(34, true)], [2, 16]);
  assert.equal(view.getUint32(40, true), 6);
  assert.deepEqual(
    [0, 2, 4].map((at) => view.getInt16(HEADER_BYTES + at, true)),
    [1, -2, 300],
  );
});
