/** Leases: asked for ahead, used up by what is kept, asked for anew before they run out. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer, Problem } from "../src/door.js";
import { refillLeases, takeLease, useLease, validLeases, wanted } from "../src/outbox/leases.js";
import { Phone } from "./outbox_double.js";

const CELL = "gender=female|age_band=30-39";
const SOON = "2026-06-01T00:00:00Z";
const lease = {
  id: "l1",
  collector: "c",
  campaign: "demo",
  cell: CELL,
  clips: 20,
  seconds: 100,
  used: 0,
  expires_at: SOON,
};
const NOW = Date.parse(SOON) - 86_400_000;

/** A phone with a pack, whose server grants what is asked. */
function phone() {
  const here = new Phone();
  here.clock = NOW;
  const campaign = {
    dimensions: ["gender", "age_band"],
    bands: [{ name: "30-39", from: 30, to: 39 }],
    state: "open",
  };
  here.db.table("packs").set("demo", { campaign: "demo", pack: { campaign } });
  /** @type {any[]} */
  const asked = [];
  const ask = async (/** @type {any[]} */ ...[, , body]) => {
    asked.push(body);
    return body.want.map((/** @type {any} */ { cell, clips }, /** @type {number} */ n) => ({
      ...lease,
      id: `${body.id}/${n}`,
      cell: cell ?? "gender=male|age_band=18-29",
      clips,
    }));
  };
  Object.assign(here.server.api, { askLeases: ask });
  const enrolment = /** @type {any} */ (here.db.table("enrolments").get("c"));
  return { here, asked, refill: () => refillLeases(here.doors, enrolment) };
}

test("a lease that is used up or has run out promises nothing", () => {
  const leases = [lease, { ...lease, used: 20 }, { ...lease, expires_at: "2026-05-01T00:00:00Z" }];
  assert.deepEqual(validLeases(leases, NOW), [lease]);
});

test("for each cell of the phone's speakers half a day is wanted, and half a day for others", () => {
  assert.deepEqual(wanted([], [CELL, CELL], 40), [{ cell: CELL, clips: 20 }, { clips: 20 }]);
  assert.deepEqual(wanted([{ ...lease, used: 5 }], [CELL], 40), [{ clips: 20 }]);
  assert.deepEqual(wanted([{ ...lease, used: 15 }], [CELL], 40)[0], { cell: CELL, clips: 15 });
});

test("what is asked for is kept, and not asked for again while there is enough", async () => {
  const { here, asked, refill } = phone();
  here.add("speakers", {
    ...here.row,
    id: "s1",
    request: { demographics: { gender: "female", birth_year: 1994 } },
  });
  await refill();
  await refill();
  assert.equal(asked.length, 1);
  assert.deepEqual(asked[0].want, [{ cell: CELL, clips: 15 }, { clips: 15 }]);
  assert.equal((await here.db.all("leases")).length, 2);
});

test("an asking whose answer was lost is repeated under its id", async () => {
  const { here, asked, refill } = phone();
  const { askLeases } = /** @type {any} */ (here.server.api);
  Object.assign(here.server.api, {
    askLeases: async (/** @type {any[]} */ ...all) => {
      await askLeases(...all);
      Object.assign(here.server.api, { askLeases });
      throw new NoAnswer("lost");
    },
  });
  await assert.rejects(refill(), NoAnswer);
  await refill();
  assert.equal(asked[0].id, asked[1].id);
  assert.equal((await here.db.all("leases")).length, 1);
});

test("a refused asking is not repeated for ever", async () => {
  const { here, asked, refill } = phone();
  const { askLeases } = /** @type {any} */ (here.server.api);
  Object.assign(here.server.api, {
    askLeases: async () => {
      throw new Problem(400, "malformed", "");
    },
  });
  await refill();
  Object.assign(here.server.api, { askLeases });
  await refill();
  assert.equal(asked.length, 1);
});

test("a closed campaign is asked for nothing", async () => {
  const { here, asked, refill } = phone();
  const campaign = { dimensions: [], state: "closed" };
  here.db.table("packs").set("demo", { campaign: "demo", pack: { campaign } });
  await refill();
  assert.deepEqual(asked, []);
});

test("a session takes the lease that ends first, and its clips use it up", async () => {
  const { here } = phone();
  const db = /** @type {any} */ (here.db);
  here.add("leases", { ...lease, clips: 2, expires_at: "2026-06-03T00:00:00Z" });
  here.add("leases", { ...lease, id: "l2", clips: 1 });
  assert.equal((await takeLease(db, "c", CELL, NOW))?.id, "l2");
  await useLease(db, "l2");
  assert.equal((await takeLease(db, "c", CELL, NOW))?.id, "l1");
  await useLease(db, "the server's own");
  assert.equal((await takeLease(db, "d", CELL, NOW))?.id, undefined);
  assert.equal((await takeLease(db, "c", "gender=male|age_band=60+", NOW))?.id, undefined);
});

test("where there are no targets a lease is good for anybody", async () => {
  const { here } = phone();
  here.add("leases", { ...lease, cell: "" });
  assert.equal((await takeLease(/** @type {any} */ (here.db), "c", CELL, NOW))?.id, "l1");
});
