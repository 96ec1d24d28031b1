/** The phone measures as the server does: both read the same vectors. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { startMeter } from "../src/checks/meter.js";

const vectors = JSON.parse(
  readFileSync(new URL("../../tests/vectors/measures.json", import.meta.url), "utf8"),
);

/**
 * Return the samples that the vectors describe; tests/audio/made_takes.py says how.
 *
 * @param {Record<string, number>[]} parts
 */
function madeTake(parts) {
  let state = 1;
  /** @type {number[]} */
  const made = [];
  for (const { samples = 0, wave = 0, period = 1, noise = 0, offset = 0, ceiling } of parts) {
    const most = ceiling ?? 32767;
    for (let at = 0; at < samples; at++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const saw = wave ? Math.floor((2 * wave * (at % period)) / period) - wave : 0;
      const hiss = Math.floor(((state >>> 16) * (2 * noise + 1)) / 65536) - noise;
      made.push(Math.max(-most, Math.min(most, saw + hiss + offset)));
    }
  }
  return Int16Array.from(made);
}

/**
 * @param {Int16Array} samples
 * @param {number} rate
 * @param {number} block
 */
function measured(samples, rate, block) {
  const meter = startMeter(rate);
  for (let at = 0; at < samples.length; at += block) meter.push(samples.subarray(at, at + block));
  return meter.done();
}

for (const { name, rate, parts, measures } of vectors.takes) {
  test(`measured as on the server: ${name}`, () => {
    const samples = madeTake(parts);
    const found = measured(samples, rate, 1024);
    const kind = rate === 8000 || rate === 16000 ? "same" : "resampled";
    for (const [measure, value] of Object.entries(measures)) {
      const near = vectors.tolerances[kind][measure] ?? 1e-5;
      const ours = found[measure];
      assert.ok(
        ours !== undefined && Math.abs(ours - value) <= near,
        `${measure}: ${ours} here, ${value} there`,
      );
    }
    for (const measure of ["active_level_dbov", "snr_db", "lead_s"]) {
      assert.equal(measure in found, measure in measures, measure);
    }
    assert.deepEqual(found, measured(samples, rate, 997), "blocks of another size");
  });
}

test("no samples at all are measured without an error, and every number is finite", () => {
  const found = startMeter(48000).done();
  assert.equal(found.duration_s, 0);
  assert.ok(Object.values(found).every(Number.isFinite), JSON.stringify(found));
});

test("speech is held against the time its text takes, a question's is not", () => {
  const parts = [
    { samples: 8000, noise: 20 },
    { samples: 16000, wave: 9000, period: 100 },
    { samples: 8000, noise: 20 },
  ];
  const text = "The bus to the market leaves at half past seven.";
  const meter = startMeter(16000);
  meter.push(madeTake(parts));
  const once = meter.done({ kind: "read", text }).speech_expected_ratio ?? 0;
  assert.ok(Math.abs(once - 1.01 / 2.914) < 0.02, `${once}`);
  assert.ok(
    Math.abs(
      (meter.done({ kind: "command", text, repeats: 2 }).speech_expected_ratio ?? 0) - once / 2,
    ) < 0.001,
  );
  assert.equal(meter.done({ kind: "question", text }).speech_expected_ratio, undefined);
  assert.equal(meter.done({ kind: "hotword", text: "hey" }).speech_expected_ratio, undefined);
});

test("a take that used up its time was stopped early", () => {
  const meter = startMeter(16000);
  meter.push(new Int16Array(40000));
  assert.equal(meter.done({ max_seconds: 2 }).stopped_early, 1, "half a second and two");
  assert.equal(meter.done({ max_seconds: 2.4 }).stopped_early, 0);
});
