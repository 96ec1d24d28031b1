/** The phone chooses the next prompt by itself, and follows the server when it answers. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { followServer, openPrompts, recordedPrompts } from "../src/prompts.js";

/** @param {string} ids
 * @returns {any[]} */
const prompts = (ids) => [...ids].map((id) => ({ id }));
/** @param {any[]} list */
const ids = (list) => list.map((prompt) => prompt.id).join("");

test("each speaker starts at another place and gets every prompt once", () => {
  const zero = "00000000-0000-7000-8000-000000000000";
  const two = "00000000-0000-7000-8000-000000000002";
  assert.equal(ids(openPrompts(prompts("abcde"), zero, new Set())), "abcde");
  assert.equal(ids(openPrompts(prompts("abcde"), two, new Set())), "cdeab");
  assert.equal(ids(openPrompts(prompts("abcde"), two, new Set(["d", "a"]))), "ceb");
  assert.deepEqual(openPrompts([], two, new Set()), []);
});

test("the server's choice follows the prompt that is on the screen", () => {
  assert.equal(ids(followServer(prompts("abc"), prompts("dbae"), new Set(["e"]))), "adb");
  assert.equal(ids(followServer([], prompts("de"), new Set())), "de");
});

test("a clip that is rejected, refused, taken back, not kept or wanted again leaves its prompt open", () => {
  const clip = (/** @type {string} */ id, /** @type {object} */ more) => ({
    speaker: "s",
    prompt: { id },
    state: "confirmed",
    verdict: null,
    ...more,
  });
  const clips = /** @type {any[]} */ ([
    clip("a", { state: "ready" }),
    clip("b", { verdict: { outcome: "reject" } }),
    clip("c", { state: "refused" }),
    clip("d", { verdict: { outcome: "review" } }),
    clip("e", { speaker: "another" }),
    clip("f", { state: "withdrawn" }),
    clip("g", { state: "review" }),
    clip("h", { verdict: { outcome: "pass" }, redo: [] }),
    clip("i", { verdict: { outcome: "pass" }, redo: null }),
    clip("b", { state: "withdrawn" }),
  ]);
  assert.deepEqual([...recordedPrompts(clips, "s")], ["a", "d", "i"]);
});
