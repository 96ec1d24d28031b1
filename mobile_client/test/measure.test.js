/** The phone measures as the server does. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { measure } from "../src/checks/measure.js";

test("silence has no peak and a level that JSON can hold", () => {
  const found = measure(new Int16Array(16000), 16000);
  assert.equal(found.duration_s, 1);
  assert.equal(found.peak, 0);
  assert.equal(found.rms_dbfs, -120);
  assert.equal(found.zero_run_s, 0);
});

test("no samples at all are no error", () => {
  assert.equal(measure(new Int16Array(0), 16000).duration_s, 0);
});

test("a full-scale square wave is at full scale in every sample", () => {
  const square = Int16Array.from({ length: 100 }, (_, index) => (index % 2 ? 32767 : -32768));
  const found = measure(square, 16000);
  assert.equal(found.peak, 1);
  assert.equal(found.full_scale_share, 1);
  assert.ok(Math.abs(found.rms_dbfs ?? -1) < 0.001);
});

test("zeros are counted inside the take, not before its first sound or after its last", () => {
  const samples = new Int16Array(1000);
  samples[400] = 50;
  samples[501] = -50;
  assert.equal(measure(samples, 1000).zero_run_s, 0.1);
});
