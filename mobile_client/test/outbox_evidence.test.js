/** The recorded words of a consent over links that break: the way clips go, in the same parts. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer, Problem } from "../src/door.js";
import { cut, cutAt, Phone } from "./outbox_double.js";

/** @param {Phone} phone */
const puts = (phone) => phone.server.calls.filter((call) => call.startsWith("put "));

test("words that a link cuts go home in parts after one broken transfer", async () => {
  const phone = new Phone();
  const sha256 = await phone.speakConsent(200_000);
  cutAt(phone, 70_000);
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.consent.evidence, "home");
  assert.equal(phone.sound("k1"), undefined);
  assert.equal(phone.server.store.get("consents/k1"), sha256);
  assert.equal(phone.server.bytes, 200_000 + 70_000);
});

test("after a clip has found the link to be bad, words go in parts at once", async () => {
  const phone = new Phone();
  await phone.speakConsent(200_000);
  await phone.keep("t1", 200_000);
  cutAt(phone, 70_000);
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.server.bytes, 2 * 200_000 + 70_000);
});

test("short words whose transfer broke are sent whole again", async () => {
  const phone = new Phone();
  await phone.speakConsent(1000);
  phone.server.faults["put consents/k1"] = [cut()];
  assert.equal(await phone.send(), "waiting");
  assert.equal(await phone.send({ hurry: true }), "empty");
  assert.equal(phone.consent.parts, undefined);
});

test("words whose answer alone was lost are found to be home, and not sent twice", async () => {
  const phone = new Phone();
  await phone.speakConsent(200_000);
  const { putBytes } = phone.server.api;
  phone.server.api.putBytes = async (put, bytes) => {
    await putBytes(put, bytes);
    throw new NoAnswer("lost");
  };
  assert.equal(await phone.send(), "empty");
  assert.deepEqual(puts(phone), ["put consents/k1"]);
});

test("parts of words that are home are not sent again, those that the store lost are", async () => {
  const phone = new Phone();
  await phone.speakConsent(200_000);
  phone.server.faults["put consents/k1"] = [cut()];
  phone.server.faults["put consents/k1/3"] = [cut(), cut()];
  assert.equal(await phone.send(), "waiting");
  assert.equal(phone.consent.parts_home, 2);
  phone.server.store.delete("consents/k1/2");
  phone.server.calls.length = 0;
  await phone.sendUntilHome();
  const [two, three, four] = [2, 3, 4].map((n) => `put consents/k1/${n}`);
  assert.deepEqual(puts(phone), [three, four, two, three, four]);
  assert.equal(phone.consent.evidence, "home");
});

test("while the server joins the parts the words stay, and nothing is sent again", async () => {
  const phone = new Phone();
  await phone.speakConsent(200_000);
  phone.server.faults["put consents/k1"] = [cut()];
  phone.server.faults["evidence k1"] = [undefined, false, false];
  assert.equal(await phone.send(), "waiting");
  assert.ok(phone.sound("k1"));
  phone.server.calls.length = 0;
  await phone.sendUntilHome();
  assert.deepEqual(puts(phone), []);
  assert.equal(phone.consent.evidence, "home");
});

test("words that are not what was kept are lost, and nothing of them is sent", async () => {
  const phone = new Phone();
  await phone.speakConsent(1000);
  phone.add("sounds", { id: "k1", bytes: new ArrayBuffer(1000) });
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.consent.evidence, "bytes-lost");
  assert.deepEqual(puts(phone), []);
});

test("the words of who withdrew leave the phone with the server's refusal", async () => {
  const phone = new Phone();
  await phone.speakConsent(1000);
  const gone = new Problem(409, "speaker-withdrawn", "");
  phone.server.faults["evidence k1"] = [gone];
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.consent.evidence, "speaker-withdrawn");
  assert.equal(phone.sound("k1"), undefined);
});
