/** The phone judges as the server does: both read the same vectors. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { judge } from "../src/checks/verdict.js";

/** @param {string} path relative to the repository */
const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));

const vectors = read("tests/vectors/quality_profile.json");
const profiles = {
  ...vectors.profiles,
  default: read("backend/campaigns/default_profile.json"),
};

/** JSON has no NaN and no infinity; the vectors write them as {"number": "NaN"}.
 * @param {unknown} value */
const plain = (value) =>
  typeof value === "object" && value !== null && "number" in value ? Number(value.number) : value;

for (const { name, profile, measures, kind, where, verdict } of vectors.verdicts) {
  test(name, () => {
    const numbers = Object.fromEntries(
      Object.entries(measures).map(([measure, value]) => [measure, plain(value)]),
    );
    assert.deepEqual(judge(numbers, profiles[profile], { kind, where }), verdict);
  });
}

test("a measure named like a property of every object is not found by accident", () => {
  const rule = { ...profiles.default[0], measure: "constructor", where: ["phone"] };
  assert.deepEqual(judge({}, [rule]), { outcome: "pass", reasons: [] });
});

test("an operator of a later version is not asked", () => {
  const rule = { ...profiles.default[0], op: "~", where: ["phone"] };
  assert.deepEqual(judge({ decodable: 0 }, [rule]), { outcome: "pass", reasons: [] });
});
