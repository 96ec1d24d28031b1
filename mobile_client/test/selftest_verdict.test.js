/** What a self-test calls good, and what it tells a person to look at. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { findings } from "../src/selftest_verdict.js";

const GOOD = {
  rate: 48000,
  path: "processor",
  mic: "",
  asked: {},
  got: { echoCancellation: false },
  peak: 0.01,
  level_dbfs: -60,
  zero_run_ms: 0.1,
  zero_gaps: 0,
  sample_ratio: 1.002,
  writes_per_s: 200,
  mb_per_s: 1.6,
  persisted: true,
  free_bytes: 5e9,
  features: [],
  model: "",
  os: "",
};

test("a phone in order has no finding", () => {
  assert.deepEqual(findings(GOOD), []);
});

test("what the browser does not tell is no finding", () => {
  assert.deepEqual(findings({ ...GOOD, got: {}, free_bytes: null }), []);
});

test("each fault is found by its own figure", () => {
  const found = [
    { peak: 0 },
    { sample_ratio: 0.94 },
    { sample_ratio: 1.06 },
    { zero_gaps: 1 },
    { rate: 16000 },
    { got: { noiseSuppression: true } },
    { writes_per_s: 20 },
    { free_bytes: 1e8 },
    { persisted: false },
  ].map((change) => findings({ ...GOOD, ...change }));
  const names = [
    "silent",
    "lost",
    "lost",
    "gaps",
    "narrow",
    "processed",
    "slow",
    "little",
    "unsafe",
  ];
  assert.deepEqual(
    found,
    names.map((name) => [name]),
  );
});

test("the worst comes first", () => {
  assert.deepEqual(findings({ ...GOOD, persisted: false, peak: 0 }), ["silent", "unsafe"]);
});
