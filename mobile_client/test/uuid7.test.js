/** Ids are UUIDs of version 7 that sort by time. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { uuid7 } from "../src/uuid7.js";

test("an id is that of RFC 9562's example", () => {
  // Appendix A.6: 2022-02-22T19:22:22Z with rand_a CC3 and rand_b 18C4DC0C0C07398F.
  const random = "919108f7-52d1-4cc3-98c4-dc0c0c07398f";
  assert.equal(uuid7(0x017f22e279b0, random), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("later ids sort after earlier ones", () => {
  const ids = [1, 2, 2 ** 32, 2 ** 32 + 1, Date.now()].map((now) => uuid7(now));
  assert.deepEqual([...ids].sort(), ids);
});

test("two ids of one millisecond differ", () => {
  assert.notEqual(uuid7(1), uuid7(1));
});
