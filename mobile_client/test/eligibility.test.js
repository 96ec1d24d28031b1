/** Without a network, what was set aside for this phone says whether a speaker is wanted. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromLeases } from "../src/eligibility.js";

const CELL = { campaign: "spring", cell: "gender=female" };
const NOW = Date.parse("2026-11-22T12:00:00Z");

/** @param {object} changes */
const lease = (changes) =>
  /** @type {any} */ ({
    id: "lease",
    ...CELL,
    clips: 10,
    used: 3,
    expires_at: "2026-11-25T12:00:00Z",
    ...changes,
  });

test("a lease with clips left is a promise", () => {
  assert.deepEqual(fromLeases([lease({})], CELL, NOW), { status: "open", hold: "lease" });
});

test("a lease that is used up, over, or of others says nothing", () => {
  const others = [
    lease({ used: 10 }),
    lease({ expires_at: "2026-11-22T11:59:00Z" }),
    lease({ cell: "gender=male" }),
    lease({ campaign: "autumn" }),
  ];
  assert.deepEqual(fromLeases(others, CELL, NOW), { status: "unknown", hold: "" });
});
