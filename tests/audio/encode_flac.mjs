/** Encode files of bare 16-bit samples, named NUMBER-RATE.s16, as the phone's worker does. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { frame, frameSize, header } from "../../mobile_client/src/capture/flac.js";

const [directory] = process.argv.slice(2);

for (const name of readdirSync(directory)) {
  const [stem, ending] = name.split(".");
  if (ending !== "s16") continue;
  const rate = Number(stem.split("-")[1]);
  const samples = new Int16Array(new Uint8Array(readFileSync(join(directory, name))).buffer);
  const parts = [header(rate, samples.length)];
  const size = frameSize(rate);
  for (let at = 0; at < samples.length; at += size) {
    parts.push(frame(samples.subarray(at, at + size), at / size, rate));
  }
  writeFileSync(join(directory, `${stem}.flac`), Buffer.concat(parts));
}
