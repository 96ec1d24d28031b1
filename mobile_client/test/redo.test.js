/** A prompt is asked for again once, until somebody recorded it again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { redoReasons, toRedo } from "../src/redo.js";

const REASON = { code: "too_quiet", hint: "move_closer", text: "" };
const REJECT = { outcome: "reject", provisional: false, reasons: [REASON] };

/** @param {string} id
 * @param {Record<string, unknown>} [facts]
 * @returns {any} */
const clip = (id, facts = {}) => ({
  id,
  speaker: "ada",
  prompt: { id: "bus" },
  state: "confirmed",
  verdict: null,
  ...facts,
});
/** @param {any[]} clips */
const wanted = (...clips) => toRedo(clips).map((one) => one.id);

test("a rejected clip, or one the server wants again, is recorded again", () => {
  assert.deepEqual(wanted(clip("1", { verdict: REJECT })), ["1"]);
  assert.deepEqual(redoReasons(clip("1", { redo: [REASON] })), [REASON]);
  assert.deepEqual(wanted(clip("1")), []);
});

test("once it was recorded again it is wanted no more, unless that one is rejected too", () => {
  const first = clip("1", { verdict: REJECT });
  assert.deepEqual(wanted(first, clip("2", { state: "ready" })), []);
  assert.deepEqual(wanted(first, clip("2", { verdict: REJECT })), ["2"]);
});

test("a take that nobody kept, or that was withdrawn, is no new recording", () => {
  const first = clip("1", { verdict: REJECT });
  assert.deepEqual(wanted(first, clip("2", { state: "review" })), ["1"]);
  assert.deepEqual(wanted(first, clip("2", { state: "withdrawn" })), ["1"]);
});

test("each speaker and prompt stands for itself, the newest first", () => {
  const rejected = { verdict: REJECT };
  const clips = [clip("1", rejected), clip("2", { ...rejected, speaker: "bo" })];
  assert.deepEqual(wanted(...clips, clip("3", { prompt: { id: "rice" } })), ["2", "1"]);
});
