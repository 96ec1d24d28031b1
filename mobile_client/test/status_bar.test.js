/** Of all that may be wrong, the bar says the one thing that matters most. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { warningOf } from "../src/status_bar.js";

/** @param {Record<string, unknown>} facts
 * @returns {any} */
const status = (facts) => ({
  here: 0,
  safe: 0,
  refused: 0,
  outcome: "empty",
  hours: null,
  ...facts,
});

test("nothing is said while all is well", () => {
  assert.equal(warningOf(status({ here: 12, safe: 240, hours: 20 }), false), null);
});

test("what may lose recordings goes before what only delays them", () => {
  const everything = { here: 3, refused: 2, outcome: "offline", hours: 0 };
  assert.deepEqual(warningOf(status(everything), true), ["status.fault"]);
  assert.deepEqual(warningOf(status(everything), false), ["status.full"]);
  assert.deepEqual(warningOf(status({ ...everything, hours: 2 }), false), [
    "status.refused",
    { n: 2 },
  ]);
  assert.deepEqual(warningOf(status({ here: 3, outcome: "offline", hours: 2 }), false), [
    "status.room",
    { hours: 2 },
  ]);
});

test("no network is worth a word only when something waits for it", () => {
  assert.deepEqual(warningOf(status({ here: 1, outcome: "offline" }), false), ["status.offline"]);
  assert.equal(warningOf(status({ outcome: "offline" }), false), null);
  assert.deepEqual(warningOf(status({ here: 1, outcome: "held" }), false), ["status.wifi"]);
});
