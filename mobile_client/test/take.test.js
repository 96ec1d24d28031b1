/** A take goes one way through its phases, whatever taps and timers come when. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { after, FIRST } from "../src/capture/take.js";

/** @typedef {import("../src/capture/take.js").Event} Event */

/** @param {(Event | Event["type"])[]} events */
function play(...events) {
  return events.reduce(
    (now, event) =>
      after(now, typeof event === "string" ? /** @type {Event} */ ({ type: event }) : event),
    FIRST,
  );
}

test("a take is recorded, heard and kept", () => {
  assert.equal(play("tap").phase, "starting");
  assert.equal(play("tap", "ready").phase, "recording");
  assert.equal(play("tap", "ready", "tap").phase, "stopping");
  assert.equal(play("tap", "ready", "tap", "recorded").phase, "review");
  assert.equal(play("tap", "ready", "tap", "recorded", "keep").phase, "saving");
  assert.deepEqual(play("tap", "ready", "tap", "recorded", "keep", "kept"), FIRST);
});

test("again counts the takes of a prompt, the next prompt starts at one", () => {
  const again = play("tap", "ready", "tap", "recorded", "again");
  assert.deepEqual(again, { phase: "idle", take: 2, note: "" });
  assert.deepEqual(after(again, { type: "next" }), FIRST);
});

test("a second tap while the take starts or ends does nothing", () => {
  assert.deepEqual(play("tap", "tap"), play("tap"));
  assert.deepEqual(play("tap", "ready", "tap", "tap"), play("tap", "ready", "tap"));
});

test("an interruption ends the take and says so", () => {
  const stopped = play("tap", "ready", { type: "stop", note: "interrupted" }, "recorded");
  assert.deepEqual(stopped, { phase: "review", take: 1, note: "interrupted" });
});

test("a late sign to speak does not bring a take back", () => {
  const stopped = play("tap", { type: "stop", note: "interrupted" });
  assert.deepEqual(after(stopped, { type: "ready" }), stopped);
});

test("a full phone leaves the take to be kept again", () => {
  const full = play("tap", "ready", "tap", "recorded", "keep", "unkept");
  assert.deepEqual(full, { phase: "review", take: 1, note: "full" });
  assert.equal(after(full, { type: "keep" }).phase, "saving");
});

test("what was recorded cannot be kept twice", () => {
  assert.deepEqual(play("tap", "ready", "tap", "recorded", "keep", "kept", "keep"), FIRST);
});

test("a microphone that wakes up late is no longer called silent", () => {
  const silent = play("tap", "ready", "silence");
  assert.equal(silent.note, "no-sound");
  assert.equal(after(silent, { type: "sound" }).note, "");
  const over = play("tap", "ready", { type: "stop", note: "too-long" });
  assert.equal(after(over, { type: "sound" }).note, "too-long");
});

test("a take of which nothing was stored leaves nothing to decide", () => {
  const full = play("tap", "ready", { type: "stop", note: "stopped-full" }, "nothing");
  assert.deepEqual(full, { phase: "idle", take: 1, note: "stopped-full" });
  assert.equal(play("tap", "nothing").phase, "idle");
});

test("a take with gaps says so, unless there is a graver word", () => {
  assert.equal(play("tap", "ready", "tap", "gaps").note, "gaps");
  const full = play("tap", "ready", { type: "stop", note: "stopped-full" }, "gaps");
  assert.equal(full.note, "stopped-full");
});
