/** When a new version may take the page away. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { mayReload } from "../src/updates.js";

const still = { busy: false, form: false, take: false, tapped: false, seen: false };

test("a page that nobody has touched yet, or nobody looks at, takes the new version", () => {
  assert.equal(mayReload(still), true);
});

test("a page in somebody's hands waits for the tap", () => {
  assert.equal(mayReload({ ...still, seen: true }), false);
  assert.equal(mayReload({ ...still, seen: true, tapped: true }), true);
});

test("what somebody has typed is not taken away unasked", () => {
  assert.equal(mayReload({ ...still, form: true }), false);
});

test("a take is never cut, here or in another tab, not even by a tap", () => {
  assert.equal(mayReload({ ...still, tapped: true, busy: true }), false);
  assert.equal(mayReload({ ...still, tapped: true, take: true }), false);
});
