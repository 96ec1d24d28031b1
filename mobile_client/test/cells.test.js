/** The phone puts a speaker in the cell in which the server will. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { cellKey } from "../src/cells.js";

const DIMENSIONS = ["gender", "age_band"];

test("a year of birth gives the band, by the age reached this year", () => {
  const cell = (/** @type {number} */ birth_year) =>
    cellKey({ gender: "female", birth_year }, DIMENSIONS, 2026);
  assert.equal(cell(2009), "gender=female|age_band=under-18");
  assert.equal(cell(2008), "gender=female|age_band=18-29");
  assert.equal(cell(1987), "gender=female|age_band=30-39");
  assert.equal(cell(1966), "gender=female|age_band=60+");
});

test("a band that was said is taken as it is", () => {
  assert.equal(
    cellKey({ gender: "male", age_band: "40-49", birth_year: 1999 }, DIMENSIONS, 2026),
    "gender=male|age_band=40-49",
  );
});

test("not said is unknown, refused is declined", () => {
  assert.equal(cellKey({}, DIMENSIONS, 2026), "gender=unknown|age_band=unknown");
  assert.equal(
    cellKey({ gender: "declined", birth_year: "declined" }, DIMENSIONS, 2026),
    "gender=declined|age_band=declined",
  );
});

test("the server and the phone agree on the cell", () => {
  const path = new URL("../../tests/vectors/cells.json", import.meta.url);
  const { year, vectors } = JSON.parse(readFileSync(path, "utf8"));
  for (const { said, dimensions, cell } of vectors) {
    assert.equal(cellKey(said, dimensions, year), cell);
  }
});
