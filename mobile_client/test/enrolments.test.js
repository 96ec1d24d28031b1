/** The same name comes back as the same collector, another name as another, even by one code. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { installIdOf } from "../src/enrolments.js";

/** @param {string} name @param {string} [install_id] */
const row = (name, install_id) =>
  /** @type {any} */ ({ collector: name, name, ...(install_id ? { install_id } : {}) });

test("the first collector has the phone's own id", () => {
  assert.equal(installIdOf("Ada", [], "phone", "fresh"), "phone");
});

test("somebody who comes back has the id of before, however they write their name", () => {
  assert.equal(installIdOf(" ada ", [row("Ada", "phone")], "phone", "fresh"), "phone");
  const both = [row("Ada", "phone"), row("Ben", "bens")];
  assert.equal(installIdOf("BEN", both, "phone", "fresh"), "bens");
});

test("a collector of an older version of the app has the phone's id", () => {
  assert.equal(installIdOf("Ada", [row("Ada")], "phone", "fresh"), "phone");
});

test("another name gets an id of its own", () => {
  assert.equal(installIdOf("Ben", [row("Ada", "phone")], "phone", "fresh"), "fresh");
});
