/** Whose consent holds, and who needs a guardian's. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { validConsent } from "../src/consents.js";
import { isMinor } from "../src/speakers.js";

/** @param {string} id @param {object} [changes] */
const consent = (id, changes = {}) =>
  /** @type {any} */ ({
    id,
    speaker: "s",
    refused: "",
    request: { consent_form: "f2" },
    ...changes,
  });
const forms = /** @type {any} */ ([{ id: "f2" }, { id: "f2-es" }]);

test("the newest consent to a text of today holds", () => {
  const spanish = consent("2", { request: { consent_form: "f2-es" } });
  assert.equal(validConsent([consent("1"), spanish], forms, "s")?.id, "2");
});

test("one of a replaced text, a refused one and another speaker's do not", () => {
  const others = [
    consent("1", { request: { consent_form: "f1" } }),
    consent("2", { refused: "consent-form-unknown" }),
    consent("3", { speaker: "t" }),
  ];
  assert.equal(validConsent(others, forms, "s"), undefined);
});

test("a year of birth or a band tells a child; what was not said does not", () => {
  assert.equal(isMinor({ birth_year: 2010 }, 2026), true);
  assert.equal(isMinor({ birth_year: 2008 }, 2026), false);
  assert.equal(isMinor({ age_band: "under-18" }, 2026), true);
  assert.equal(isMinor({ birth_year: "declined", age_band: "declined" }, 2026), false);
  assert.equal(isMinor({}, 2026), false);
});
