/** What the server says comes into the rows: verdicts, prompts again, withdrawals; none twice, none lost. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer, Problem } from "../src/door.js";
import { awaitsVerdict, readNews } from "../src/outbox/changes.js";
import { attempt } from "../src/outbox/visit.js";
import { Phone } from "./outbox_double.js";

const PASS = { outcome: "pass", provisional: false, reasons: [] };
const REJECT = { outcome: "reject", provisional: false, reasons: [{ code: "noisy", hint: "" }] };

async function phone() {
  const here = new Phone();
  for (const id of ["t1", "t2", "t3"]) await here.keep(id, 10, { state: "confirmed" });
  const enrolment = /** @type {any} */ (here.db.table("enrolments").get("c"));
  return { here, enrolment, read: () => readNews(here.doors, enrolment) };
}

test("verdicts come in, page after page, and the cursor is kept", async () => {
  const { here, read } = await phone();
  here.server.news = ["t1", "t2", "t3"].map((clip) => ({ kind: "verdict", clip, verdict: PASS }));
  await read();
  assert.deepEqual(here.clip("t3").verdict, PASS);
  here.server.calls.length = 0;
  await read();
  assert.deepEqual(here.server.calls, ["changes"]);
  assert.equal((await here.db.get("facts", "changes/c"))?.value, "3");
});

test("a page whose answer is lost is read again", async () => {
  const { here, read } = await phone();
  here.server.news = ["t1", "t2", "t3"].map((clip) => ({ kind: "verdict", clip, verdict: PASS }));
  here.server.faults.changes = [null, new NoAnswer("lost")];
  await assert.rejects(read(), NoAnswer);
  await read();
  assert.deepEqual(here.clip("t3").verdict, PASS);
});

test("a prompt is wanted again until a verdict says otherwise", async () => {
  const { here, read } = await phone();
  const { reasons } = REJECT;
  here.server.news = [
    { kind: "verdict", clip: "t1", verdict: REJECT },
    { kind: "redo", clip: "t1", speaker: "s1", prompt: "p", reasons },
  ];
  await read();
  assert.deepEqual(here.clip("t1").redo, reasons);
  here.server.news.push({ kind: "verdict", clip: "t1", verdict: PASS });
  await read();
  assert.equal(here.clip("t1").redo, null);
});

test("what was withdrawn elsewhere is forgotten here", async () => {
  const { here, read } = await phone();
  await here.keep("t4", 10);
  await here.keep("t5", 10);
  here.add("consents", { ...here.row, id: "k1", request: { speaker: "s1", evidence: {} } });
  here.add("sounds", { id: "k1", bytes: new ArrayBuffer(1) });
  here.server.news = [{ kind: "withdrawal", clip: "t4" }];
  await read();
  assert.equal(here.clip("t4").state, "withdrawn");
  assert.equal(here.sound("t4"), undefined);
  here.server.news.push({ kind: "withdrawal", speaker: "s1" });
  await read();
  for (const id of ["t1", "t5"]) assert.equal(here.clip(id).state, "withdrawn");
  for (const id of ["t5", "k1"]) assert.equal(here.sound(id), undefined);
  assert.equal(here.db.table("speakers").get("s1")?.refused, "speaker-withdrawn");
  assert.equal(await here.send(), "empty");
  assert.equal(here.server.clips.size, 0);
});

test("a feed that fails stops nothing, and a dead token is told", async () => {
  const { here, enrolment } = await phone();
  here.server.faults.changes = [new Problem(503, "unavailable", ""), new NoAnswer("away")];
  const reading = () => attempt(here.doors, enrolment, readNews);
  assert.equal(await reading(), true);
  assert.equal(await reading(), false);
  here.server.faults.changes = [new Problem(401, "not-signed-in", "")];
  await reading();
  assert.equal(here.db.table("enrolments").get("c")?.signed_out, true);
});

test("a verdict is waited for while it may come, not for a clip of last week", async () => {
  const { here } = await phone();
  const now = Date.parse("2026-05-04T10:00:00Z");
  const stored = (/** @type {string} */ stored_at) =>
    here.db.change("clips", "t2", () => ({ receipt: { stored_at } }));
  await stored("2026-05-04T09:55:00Z");
  assert.equal(await awaitsVerdict(here.doors, now), true);
  const heard = (/** @type {boolean} */ provisional) =>
    here.db.change("clips", "t2", () => ({
      verdict: { outcome: "pass", provisional, reasons: [] },
    }));
  await heard(true);
  assert.equal(await awaitsVerdict(here.doors, now), true, "models are still to hear it");
  await heard(false);
  assert.equal(await awaitsVerdict(here.doors, now), false);
  await heard(true);
  await stored("2026-04-27T09:55:00Z");
  assert.equal(await awaitsVerdict(here.doors, now), false);
});
