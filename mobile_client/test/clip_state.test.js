/** What a clip's line says; a key stands for its words, since no catalogue is read here. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { stateOf } from "../src/screens/clips.js";

/** @param {object | null} verdict */
const line = (verdict) => stateOf(/** @type {any} */ ({ state: "confirmed", verdict }));

test("a clip is good only when every check has spoken", () => {
  const verdict = { outcome: "pass", provisional: true, reasons: [] };
  assert.deepEqual(line(null), { mark: "safe", text: "clip.safe" });
  assert.deepEqual(line(verdict), { mark: "safe", text: "clip.safe" });
  assert.deepEqual(line({ ...verdict, outcome: "review" }), { mark: "safe", text: "clip.safe" });
  assert.deepEqual(line({ ...verdict, provisional: false }), { mark: "good", text: "clip.pass" });
});
