/** A hot word is asked for so many times, with pauses, within the prompt's time. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { beatAt } from "../src/beat.js";

const PROMPT = { text: "Hey Fieldvoice", repeats: 3, max_seconds: 20 };

/** @param {typeof PROMPT} prompt
 * @returns {string} the beats, a tenth of a second apart, repetitions left out */
function walk(prompt) {
  /** @type {string[]} */
  const seen = [];
  for (let tenth = 0; tenth < prompt.max_seconds * 10; tenth++) {
    const { n, say } = beatAt(tenth / 10, prompt);
    const sign = `${n}${say ? "!" : "."}`;
    if (seen.at(-1) !== sign) seen.push(sign);
  }
  return seen.join(" ");
}

test("each time has its sign and its pause, then it is over", () => {
  assert.equal(walk(PROMPT), "1! 1. 2! 2. 3! 3. 4.");
});

test("many times still fit the prompt's time", () => {
  assert.match(walk({ ...PROMPT, repeats: 10 }), / 10! 10\. 11\.$/);
});
