/** Phone and server give a speaker the same spoken name. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { speakerCode } from "../src/speaker_code.js";

const vectors = JSON.parse(
  readFileSync(new URL("../../tests/vectors/speaker_code.json", import.meta.url), "utf8"),
);

for (const { id, code } of vectors) {
  test(`${id} is called ${code}`, () => {
    assert.equal(speakerCode(id), code);
  });
}
