/** Links that break: after one broken transfer a clip goes in small parts, each sent once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer } from "../src/door.js";
import { PART_BYTES, splitParts } from "../src/outbox/transfer.js";
import { cut, cutAt, Phone } from "./outbox_double.js";

test("a clip that a link cuts goes home in parts, and those after it at once in parts", async () => {
  const phone = new Phone();
  for (const id of ["t1", "t2", "t3", "t4", "t5", "t6"]) await phone.keep(id, 300_000);
  cutAt(phone, 70_000);
  assert.equal(await phone.send(), "empty");
  for (const id of ["t1", "t6"]) assert.equal(phone.clip(id).state, "confirmed");
  // Two were under way when the link broke; nobody else tried whole.
  assert.equal(phone.server.bytes, 6 * 300_000 + 2 * 70_000);
});

test("a small clip whose transfer broke is sent whole again", async () => {
  const phone = new Phone();
  await phone.keep("t1", 1000);
  phone.server.faults["put clips/t1"] = [cut()];
  assert.equal(await phone.send(), "waiting");
  assert.equal(phone.clip("t1").parts, undefined);
  assert.equal(await phone.send({ hurry: true }), "empty");
});

test("a transfer whose answer alone was lost is found to be home, and nothing is sent twice", async () => {
  const phone = new Phone();
  await phone.keep("t1", 300_000);
  const { putBytes } = phone.server.api;
  phone.server.api.putBytes = async (put, bytes) => {
    await putBytes(put, bytes);
    throw new NoAnswer("lost");
  };
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.server.bytes, 300_000);
});

test("the parts that are home are not sent again after a break", async () => {
  const phone = new Phone();
  await phone.keep("t1", 200_000);
  phone.server.faults["put clips/t1"] = [cut()];
  phone.server.faults["put clips/t1/3"] = [cut(), cut()];
  assert.equal(await phone.send(), "waiting");
  assert.equal(phone.clip("t1").parts_home, 2);
  phone.server.calls.length = 0;
  assert.equal(await phone.send({ hurry: true }), "empty");
  const puts = phone.server.calls.filter((call) => call.startsWith("put "));
  assert.deepEqual(puts, ["put clips/t1/3", "put clips/t1/4"]);
});

test("parts that the store lost are sent again, from the first that is missing", async () => {
  const phone = new Phone();
  await phone.keep("t1", 200_000);
  phone.server.faults["put clips/t1"] = [cut()];
  phone.server.faults["put clips/t1/4"] = [cut(), cut()];
  await phone.send();
  phone.server.store.delete("clips/t1/2");
  await phone.sendUntilHome();
  const puts = phone.server.calls.filter((call) => call === "put clips/t1/1");
  assert.equal(puts.length, 1);
});

test("while the server joins the parts the bytes stay, and the phone asks again", async () => {
  const phone = new Phone();
  await phone.keep("t1", 200_000);
  phone.server.faults["put clips/t1"] = [cut()];
  const joining = { status: 202, state: "expected" };
  phone.server.faults["confirm t1"] = [null, joining, joining];
  assert.equal(await phone.send(), "waiting");
  assert.equal(phone.clip("t1").state, "sent");
  assert.ok(phone.sound("t1"));
  phone.server.calls.length = 0;
  await phone.sendUntilHome();
  assert.ok(!phone.server.calls.some((call) => call.startsWith("put ")));
  assert.equal(phone.sound("t1"), undefined);
});

test("two broken transfers in a row end the round, and each clip is tried again later", async () => {
  const phone = new Phone();
  const ids = ["t1", "t2", "t3", "t4", "t5"];
  for (const id of ids) await phone.keep(id, 1000);
  const down = () => {
    throw new NoAnswer("down");
  };
  for (const id of ids) phone.server.faults[`put clips/${id}`] = [down];
  assert.equal(await phone.send(), "offline");
  // One more may have been under way.
  assert.ok(phone.server.calls.filter((call) => call.startsWith("put ")).length <= 3);
  await phone.sendUntilHome();
});

test("a store that refuses everything is not asked five hundred times", async () => {
  const phone = new Phone();
  for (let n = 0; n < 50; n++) await phone.keep(`t${n}`);
  const { Problem } = await import("../src/door.js");
  let asked = 0;
  phone.server.api.putBytes = async () => {
    asked++;
    throw new Problem(503, "store-refused", "");
  };
  assert.equal(await phone.send(), "waiting");
  assert.ok(asked <= 6);
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`every clip comes home once through whatever a link does (seed ${seed})`, async () => {
    const phone = new Phone();
    let state = seed;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const { api } = phone.server;
    for (const name of /** @type {const} */ (["putBytes", "announceClips", "confirmClips"])) {
      const call = /** @type {(...all: any[]) => Promise<any>} */ (api[name]);
      /** @type {any} */ (api)[name] = async (/** @type {any[]} */ ...all) => {
        const luck = random();
        if (luck < 0.15) throw new NoAnswer("before");
        const answer = await call(...all);
        if (luck > 0.85) throw new NoAnswer("after");
        return answer;
      };
    }
    const ids = Array.from({ length: 25 }, (_, n) => `t${n}`);
    for (const id of ids) await phone.keep(id, Math.floor(random() * 200_000) + 1);
    await phone.sendUntilHome(2000);
    for (const id of ids) {
      assert.equal(phone.clip(id).state, "confirmed");
      assert.equal(phone.server.store.get(`clips/${id}`), phone.clip(id).request.sha256);
      assert.equal(phone.sound(id), undefined);
    }
  });
}

test("parts are numbered from one, and add up", async () => {
  const parts = await splitParts(new ArrayBuffer(2 * PART_BYTES + 5));
  assert.deepEqual(
    parts.map(({ n, bytes }) => [n, bytes]),
    [
      [1, PART_BYTES],
      [2, PART_BYTES],
      [3, 5],
    ],
  );
  assert.equal(parts[0]?.sha256.length, 64);
});
