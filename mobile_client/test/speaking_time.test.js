/** A text takes as long to say here as on the server. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { expectedSeconds } from "../src/checks/speaking_time.js";

const vectors = JSON.parse(
  readFileSync(new URL("../../tests/vectors/speaking_time.json", import.meta.url), "utf8"),
);

for (const { text, repeats, seconds } of vectors.texts) {
  test(`"${text}" said ${repeats} times`, () => {
    const found = expectedSeconds(text, repeats);
    if (seconds === null) assert.equal(found, null);
    else assert.ok(Math.abs((found ?? 0) - seconds) < 1e-6, `${found}, not ${seconds}`);
  });
}
