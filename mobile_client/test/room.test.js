/** What a silence tells of a room. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { judgeRoom } from "../src/room_verdict.js";

/** @param {string} measure
 * @param {"<" | ">"} op
 * @param {number} threshold
 * @returns {import("../src/checks/verdict.js").Rule} */
const noisy = (measure, op, threshold) => ({
  code: "noisy",
  measure,
  op,
  threshold,
  severity: "review",
  where: ["phone"],
  hint: "find_quiet_place",
});
/** @param {number} level
 * @param {import("../src/checks/verdict.js").Rule[]} [rules] */
const verdict = (level, rules = []) => judgeRoom({ noise_dbov: level }, rules).verdict;

test("a room is quiet, hums, or is noisy; a microphone that hears nothing at all is off", () => {
  assert.deepEqual(
    [-120, -60, -45, -30].map((level) => verdict(level)),
    ["dead", "quiet", "humming", "noisy"],
  );
  assert.equal(judgeRoom({ rms_dbfs: -60, peak: 0 }, []).verdict, "dead");
});

test("the campaign's own bound of noise goes before ours", () => {
  assert.equal(verdict(-45, [noisy("noise_dbov", ">", -48)]), "noisy");
  assert.equal(verdict(-30, [noisy("noise_dbov", ">", -20)]), "humming");
});

test("a bound on the distance of voice and noise is asked as if somebody spoke", () => {
  assert.equal(verdict(-40, [noisy("snr_db", "<", 20)]), "noisy");
  assert.equal(verdict(-47, [noisy("snr_db", "<", 20)]), "humming");
});

test("the default profile has a bound", () => {
  const path = new URL("../../backend/campaigns/default_profile.json", import.meta.url);
  const rules = JSON.parse(readFileSync(path, "utf8"));
  assert.equal(verdict(-20, rules), "noisy");
  assert.equal(verdict(-55, rules), "quiet");
});

test("voices that come and go make a room noisy, however quiet it is between them", () => {
  assert.equal(judgeRoom({ noise_dbov: -70, rms_dbfs: -30 }, []).verdict, "noisy");
});
