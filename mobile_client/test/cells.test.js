/** The phone puts a speaker in the cell in which the server will. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { cellKey } from "../src/cells.js";

const BANDS = [
  { name: "under-18", from: 0, to: 17 },
  { name: "18-29", from: 18, to: 29 },
  { name: "30-39", from: 30, to: 39 },
  { name: "60+", from: 60, to: 120 },
];
const PLAN = { dimensions: ["gender", "age_band"], bands: BANDS };

test("a year of birth gives the band, by the age reached this year", () => {
  const cell = (/** @type {number} */ birth_year) =>
    cellKey({ gender: "female", birth_year }, PLAN, 2026);
  assert.equal(cell(2009), "gender=female|age_band=under-18");
  assert.equal(cell(2008), "gender=female|age_band=18-29");
  assert.equal(cell(1987), "gender=female|age_band=30-39");
  assert.equal(cell(1966), "gender=female|age_band=60+");
});

test("a band that was said is taken as it is", () => {
  assert.equal(
    cellKey({ gender: "male", age_band: "40-49", birth_year: 1999 }, PLAN, 2026),
    "gender=male|age_band=40-49",
  );
});

test("not said is unknown, refused is declined", () => {
  assert.equal(cellKey({}, PLAN, 2026), "gender=unknown|age_band=unknown");
  assert.equal(
    cellKey({ gender: "declined", birth_year: "declined" }, PLAN, 2026),
    "gender=declined|age_band=declined",
  );
});

test("the server and the phone agree on the cell", () => {
  const path = new URL("../../tests/vectors/cells.json", import.meta.url);
  const { year, bands, vectors } = JSON.parse(readFileSync(path, "utf8"));
  for (const { said, cell, ...plan } of vectors) {
    assert.equal(cellKey(said, { bands, ...plan }, year), cell);
  }
});
