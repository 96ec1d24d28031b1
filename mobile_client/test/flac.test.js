/** FLAC as a phone writes it; that others read it to the sample is tested in tests/audio. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Bits, crc8, crc16 } from "../src/capture/bits.js";
import { frame, frameSize, header } from "../src/capture/flac.js";

const NINE = new TextEncoder().encode("123456789");

test("bits stand highest first and a negative number in two's complement", () => {
  const bits = new Bits(8);
  bits.put(1, 1);
  bits.put(-1, 7);
  bits.put(0xabcdef, 24);
  bits.unary(27);
  bits.align();
  assert.deepEqual([...bits.written()], [0xff, 0xab, 0xcd, 0xef, 0, 0, 0, 0x10]);
});

test("the check sums are those that everybody knows by their test word", () => {
  assert.equal(crc8(NINE), 0xf4);
  assert.equal(crc16(NINE), 0xfee8);
});

test("the header says the rate, one channel, 16 bits and how many samples", () => {
  const bytes = header(44_100, 2 ** 33 + 5);
  assert.equal(new TextDecoder().decode(bytes.subarray(0, 4)), "fLaC");
  const packed = new DataView(bytes.buffer).getBigUint64(18);
  assert.equal(packed >> 44n, 44_100n);
  assert.equal((packed >> 41n) & 7n, 0n);
  assert.equal((packed >> 36n) & 31n, 15n);
  assert.equal(packed & 0xf_ffff_ffffn, 2n ** 33n + 5n);
});

test("no frame is longer than 150 ms, whatever the rate", () => {
  for (const rate of [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000]) {
    assert.ok(frameSize(rate) / rate < 0.15, String(rate));
  }
});

test("sound of one height takes no room", () => {
  assert.ok(frame(new Int16Array(4096), 0, 48_000).length < 16);
  assert.ok(frame(new Int16Array(4096).fill(-32768), 0, 48_000).length < 16);
});

test("what cannot be predicted takes hardly more than itself", () => {
  const noise = Int16Array.from({ length: 4096 }, () => Math.random() * 65536 - 32768);
  assert.ok(frame(noise, 0, 48_000).length <= 2 * 4096 + 16);
});

test("a tone takes a small part of its samples", () => {
  const tone = Int16Array.from({ length: 4096 }, (_, n) => 9000 * Math.sin(n / 20));
  assert.ok(frame(tone, 0, 48_000).length < 4096);
});
