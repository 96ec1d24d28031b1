/** What is kept goes home once, in the order the server needs; bytes go only for a receipt. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "../src/door.js";
import { pauseAfter, rests } from "../src/outbox/pause.js";
import { cut, Phone, refusal } from "./outbox_double.js";

async function phoneWith(/** @type {string[]} */ ...clips) {
  const phone = new Phone();
  for (const id of clips) await phone.keep(id);
  return phone;
}

test("a speaker, a consent, a session and a clip go home in this order", async () => {
  const phone = await phoneWith("t1");
  assert.equal(await phone.send(), "empty");
  assert.deepEqual(phone.server.calls, [
    "speakers/s1",
    "consents/k1",
    "sessions/n1",
    "announce",
    "announce t1",
    "put clips/t1",
    "confirm",
    "confirm t1",
  ]);
  assert.equal(phone.clip("t1").state, "confirmed");
  assert.equal(phone.sound("t1"), undefined);
});

test("a second round sends nothing again", async () => {
  const phone = await phoneWith("t1");
  await phone.send();
  phone.server.calls.length = 0;
  assert.equal(await phone.send(), "empty");
  assert.deepEqual(phone.server.calls, []);
});

test("many clips go in growing batches, in the order of time, and no table is read whole", async () => {
  const ids = Array.from({ length: 500 }, (_, n) => `t${String(n).padStart(3, "0")}`);
  const phone = await phoneWith(...ids);
  assert.equal(await phone.send(), "empty");
  const { calls } = phone.server;
  assert.equal(calls.filter((call) => call === "announce").length, 9);
  const announced = calls.filter((call) => call.startsWith("announce t"));
  assert.deepEqual(
    announced.map((call) => call.slice(9)),
    ids,
  );
  assert.equal(calls.filter((call) => call.startsWith("put ")).length, 500);
  assert.equal(phone.db.sweeps, 0);
});

test("the bytes stay when the receipt names other bytes", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["confirm t1"] = [{ status: 200, receipt: { sha256: "b".repeat(64) } }];
  assert.equal(await phone.send(), "waiting");
  assert.ok(phone.sound("t1"));
  assert.equal(phone.clip("t1").state, "sent");
});

test("without a network nothing more is tried and nothing is lost", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["speakers/s1"] = [cut()];
  assert.equal(await phone.send(), "offline");
  assert.deepEqual(phone.server.calls, ["speakers/s1"]);
  assert.ok(phone.sound("t1"));
});

test("an announcement whose answer is lost ends the round, and costs nothing", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults.announce = [cut()];
  assert.equal(await phone.send(), "offline");
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.server.bytes, 1000);
});

test("a confirmation whose answer is lost costs no second transfer", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults.confirm = [cut()];
  assert.equal(await phone.send(), "offline");
  assert.equal(phone.clip("t1").state, "sent");
  phone.server.calls.length = 0;
  assert.equal(await phone.send(), "empty");
  assert.deepEqual(phone.server.calls, ["confirm", "confirm t1"]);
});

test("a server that is busy with the session keeps its clips waiting, not refused", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["sessions/n1"] = [new Problem(503, "unavailable", "")];
  assert.equal(await phone.send(), "waiting");
  assert.ok(!phone.server.calls.includes("announce"));
  assert.equal(await phone.send(), "empty");
});

test("a server that stays busy is left alone for longer and longer", async () => {
  const phone = await phoneWith();
  const busy = () => {
    throw new Problem(503, "unavailable", "");
  };
  phone.server.faults["speakers/s1"] = Array(20).fill(busy);
  for (let n = 0; n < 10; n++) await phone.send();
  assert.equal(phone.link.troubled, 10);
});

test("a refused speaker refuses what depends on it, with the bytes kept", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["speakers/s1"] = [new Problem(400, "malformed", "")];
  await phone.send();
  assert.deepEqual(phone.server.calls, ["speakers/s1"]);
  assert.equal(phone.clip("t1").state, "refused");
  assert.equal(phone.clip("t1").refused, "malformed");
  assert.ok(phone.sound("t1"));
});

test("a speaker who is corrected while their clips are on their way has none refused", async () => {
  const phone = await phoneWith("t1");
  phone.db
    .table("speakers")
    .set("s1", { ...phone.db.table("speakers").get("s1"), refused: "malformed" });
  const post = { id: "p1", collector: "c", sent: false, refused: "", request: {} };
  phone.db.table("posts").set("p1", { ...post, path: "clips/t0/withdraw" });
  phone.server.faults["POST clips/t0/withdraw"] = [
    () => void phone.db.change("speakers", "s1", () => ({ refused: "" })),
  ];
  await phone.send();
  assert.equal(phone.clip("t1").state, "ready");
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.clip("t1").state, "confirmed");
});

test("a gateway's error page refuses nothing for good", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["speakers/s1"] = [new Problem(403, "unexpected", "")];
  assert.equal(await phone.send(), "waiting");
  assert.equal(await phone.send(), "empty");
});

test("a clip that the store refuses rests, longer each time", async () => {
  const phone = await phoneWith("t1");
  const ill = () => {
    throw new Problem(503, "store-refused", "");
  };
  phone.server.faults["put clips/t1"] = [ill, ill];
  assert.equal(await phone.send(), "waiting");
  const pause = phone.clip("t1").next_try - phone.clock;
  assert.ok(pause >= 3000 && pause <= 5000);
  phone.server.calls.length = 0;
  assert.equal(await phone.send(), "waiting");
  assert.deepEqual(phone.server.calls, []);
  phone.clock = phone.clip("t1").next_try;
  await phone.send();
  assert.equal(phone.clip("t1").tries, 2);
});

test("a clip that always fails does not stop the others", async () => {
  const phone = await phoneWith("t1", "t2", "t3", "t4", "t5", "t6");
  const busy = { status: 503, problem: { type: "urn:fieldvoice:problem:unavailable" } };
  phone.server.faults["announce t1"] = Array(9).fill(busy);
  assert.equal(await phone.send(), "waiting");
  assert.equal(phone.clip("t1").state, "ready");
  for (const id of ["t2", "t3", "t4", "t5", "t6"]) assert.equal(phone.clip(id).state, "confirmed");
});

test("a clip for which the whole batch is refused is found, and the others go home", async () => {
  const phone = await phoneWith("t1", "t2", "t3", "t4");
  const { announceClips } = phone.server.api;
  phone.server.api.announceClips = async (token, items) => {
    if (items.some(({ id }) => id === "t3")) throw new Problem(400, "malformed", "");
    return announceClips(token, items);
  };
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.clip("t3").refused, "malformed");
  for (const id of ["t1", "t2", "t4"]) assert.equal(phone.clip(id).state, "confirmed");
});

test("bytes that the store lost are sent again", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["confirm t1"] = [refusal("t1", 409, "bytes-missing")];
  assert.equal(await phone.send(), "waiting");
  assert.equal(phone.clip("t1").state, "ready");
  assert.equal(await phone.send({ hurry: true }), "empty");
});

test("sound that the phone itself has lost or damaged is said, not tried for ever", async () => {
  const phone = await phoneWith("t1", "t2");
  phone.add("sounds", { id: "t1", bytes: new ArrayBuffer(1000) });
  phone.db.table("sounds").delete("t2");
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.clip("t1").refused, "bytes-lost");
  assert.equal(phone.clip("t2").refused, "bytes-lost");
  assert.equal(phone.server.bytes, 0);
});

test("a clip whose speaker withdrew is deleted here as well", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["confirm t1"] = [refusal("t1", 410, "clip-withdrawn")];
  await phone.send();
  assert.equal(phone.clip("t1").state, "withdrawn");
  assert.equal(phone.sound("t1"), undefined);
});

test("a clip that is withdrawn while its bytes are on the way stays withdrawn", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["put clips/t1"] = [
    () => phone.db.change("clips", "t1", () => ({ state: "withdrawn" })),
  ];
  await phone.send();
  assert.equal(phone.clip("t1").state, "withdrawn");
});

test("a verdict that is written while a clip is confirmed is not overwritten", async () => {
  const phone = await phoneWith("t1");
  phone.server.faults["confirm t1"] = [
    () => void phone.db.change("clips", "t1", () => ({ verdict: { outcome: "pass" } })),
  ];
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.clip("t1").state, "confirmed");
  assert.equal(phone.clip("t1").verdict.outcome, "pass");
});

test("takes that nobody has kept yet are left alone", async () => {
  const phone = await phoneWith();
  for (const state of ["recording", "review"]) await phone.keep(state, 100, { state });
  assert.equal(await phone.send(), "empty");
  assert.equal(phone.server.clips.size, 0);
});

test("a token that is no longer good keeps its own clips, and another collector's go home", async () => {
  const phone = await phoneWith("t1");
  phone.db.table("enrolments").set("d", { collector: "d", token: "bad" });
  phone.add("speakers", { ...phone.row, id: "s2", speaker: "s2", collector: "d", request: {} });
  assert.equal(await phone.send(), "signed-out");
  assert.equal(phone.clip("t1").state, "confirmed");
  assert.equal(phone.db.table("speakers").get("s2")?.refused, "");
  assert.equal(phone.db.table("enrolments").get("d")?.signed_out, true);
});

test("the recorded words of a consent follow it, and stay until the server has them", async () => {
  const phone = await phoneWith();
  await phone.speakConsent(9);
  phone.server.faults["put consents/k1"] = [cut()];
  assert.equal(await phone.send(), "waiting");
  assert.ok(phone.sound("k1"));
  assert.equal(phone.db.table("sessions").get("n1")?.sent, true);
  assert.equal(await phone.send({ hurry: true }), "empty");
  assert.equal(phone.sound("k1"), undefined);
  assert.equal(phone.consent.evidence, "home");
});

test("a withdrawal waits for its speaker, and one of what the server never knew is done", async () => {
  const phone = await phoneWith();
  const post = { collector: "c", sent: false, refused: "", request: {} };
  phone.add("posts", { ...post, id: "p1", path: "speakers/s1/withdraw", needs: "s1" });
  phone.add("posts", { ...post, id: "p2", path: "clips/x/withdraw" });
  phone.add("posts", { ...post, id: "p3", path: "prompts/y/reports" });
  phone.server.faults["speakers/s1"] = [new Problem(503, "unavailable", "")];
  phone.server.faults["POST clips/x/withdraw"] = [new Problem(404, "not-found", "")];
  phone.server.faults["POST prompts/y/reports"] = [new Problem(404, "not-found", "")];
  await phone.send();
  const sent = () => [...phone.db.table("posts").values()].map((row) => row.sent || row.refused);
  assert.deepEqual(sent(), [false || "", true, "not-found"]);
  assert.equal(await phone.send(), "empty");
  assert.deepEqual(sent(), [true, true, "not-found"]);
});

test("the pause doubles up to five minutes, within its jitter", () => {
  assert.equal(pauseAfter(1, 0.5), 4000);
  assert.equal(pauseAfter(2, 0.5), 8000);
  assert.equal(pauseAfter(30, 0.5), 300_000);
  assert.equal(pauseAfter(1, 0), 3000);
  assert.equal(pauseAfter(1, 1), 5000);
});

test("a clock that was set back by days does not put a clip off for days", () => {
  const now = 1_800_000_000_000;
  assert.equal(rests(now + 200_000, now), true);
  assert.equal(rests(now + 3 * 86_400_000, now), false);
});
