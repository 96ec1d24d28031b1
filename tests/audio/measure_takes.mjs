/** Measure takes as the phone does: a JSON list of {file, rate, said} in, one JSON line each out. */

import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

import { startMeter } from "../../mobile_client/src/checks/meter.js";
import { judge } from "../../mobile_client/src/checks/verdict.js";

// What the recorder hands over at a time.
const BLOCK = 1024;

const { rules, takes } = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { file, rate, said } of takes) {
  const bytes = readFileSync(file);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const began = performance.now();
  const meter = startMeter(rate);
  for (let at = 0; at < samples.length; at += BLOCK) meter.push(samples.subarray(at, at + BLOCK));
  const pushed = performance.now();
  const measures = meter.done(said);
  const verdict = judge(measures, rules, { kind: said.kind, where: "phone" });
  const done = performance.now();
  console.log(
    JSON.stringify({ measures, verdict, push_ms: pushed - began, done_ms: done - pushed }),
  );
}
