/** The ZIP is one that any program opens, and says of each file what it holds. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32, startZip } from "../src/outbox/zip.js";

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);
const whole = async (/** @type {ReturnType<typeof startZip>} */ zip) =>
  Buffer.from(await new Blob(zip.end()).arrayBuffer());

test("the check sum is the one of the standard's example", () => {
  assert.equal(crc32(bytes("123456789")), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

test("each file is found by the directory, under its name in any script", async () => {
  const zip = startZip(new Date(2026, 4, 9, 14, 30, 20));
  /** @type {[string, string][]} */
  const files = [
    ["clips/a.wav", "first sound"],
    ["clips/صوت.wav", ""],
    ["fieldvoice.json", "{}"],
  ];
  for (const [name, text] of files) zip.add(name, bytes(text).buffer);
  const file = await whole(zip);
  const end = file.length - 22;
  assert.equal(file.readUInt32LE(end), 0x06054b50);
  assert.deepEqual([file.readUInt16LE(end + 8), file.readUInt16LE(end + 10)], [3, 3]);
  let at = file.readUInt32LE(end + 16);
  assert.equal(at + file.readUInt32LE(end + 12), end);
  for (const [name, text] of files) {
    assert.equal(file.readUInt32LE(at), 0x02014b50);
    const letters = file.readUInt16LE(at + 28);
    assert.equal(file.toString("utf8", at + 46, at + 46 + letters), name);
    assert.equal(file.readUInt16LE(at + 8), 0x800, "UTF-8");
    assert.equal(file.readUInt16LE(at + 10), 0, "stored");
    assert.equal(file.readUInt32LE(at + 16), crc32(bytes(text)));
    const local = file.readUInt32LE(at + 42);
    assert.equal(file.readUInt32LE(local), 0x04034b50);
    // The local header repeats the directory's facts.
    assert.deepEqual(file.subarray(local + 4, local + 30), file.subarray(at + 6, at + 32));
    const start = local + 30 + letters;
    const size = file.readUInt32LE(at + 24);
    assert.equal(file.toString("utf8", start, start + size), text);
    at += 46 + letters;
  }
  assert.equal(at, end);
});

test("the files bear the local time, to every other second", async () => {
  const zip = startZip(new Date(2026, 4, 9, 14, 30, 21));
  zip.add("a", new ArrayBuffer(1));
  const file = await whole(zip);
  assert.equal(file.readUInt16LE(10), (14 << 11) | (30 << 5) | 10);
  assert.equal(file.readUInt16LE(12), (46 << 9) | (5 << 5) | 9);
});

test("an empty ZIP is a ZIP", async () => {
  assert.equal((await whole(startZip(new Date()))).length, 22);
});
