/**
 * Runs beside the page and takes the microphone's sound from it, so that a busy page misses nothing:
 * both kinds of source end in `hear`, and from there go to the tape, the level and the room's meter.
 */

import { startMeter } from "../checks/meter.js";
import { commit } from "../db.js";
import { toInt16 } from "./pcm.js";
import { startRecording } from "./recording.js";
import { startTape } from "./tape.js";

/**
 * What the page asks. `listen`: a track's stream, or the port of the audio thread with its rate.
 *
 * @typedef {{type: "listen", readable: ReadableStream<AudioData>}
 *   | {type: "listen", port: MessagePort, rate: number}
 *   | {type: "begin", row: import("../db.js").Clip, most: number}
 *   | {type: "end", tailMs: number}
 *   | {type: "hush", on: boolean}
 *   | {type: "room", seconds: number}} Asked
 */

/**
 * What the page is told. `level`: the loudest sample, and how long the take is so far. `began`: how much of the take was there before its tap. `ended`: the page
 * asked, the prompt's time is over, or the phone's storage is full. `lost`: the source.
 *
 * @typedef {{type: "ready", rate: number}
 *   | {type: "level", peak: number, seconds: number}
 *   | {type: "silence"}
 *   | {type: "stored", frames: number}
 *   | {type: "began", preRollMs: number}
 *   | {type: "ended", why: "asked" | "bound" | "full", take: import("./recording.js").Ended}
 *   | {type: "room", measures: Record<string, number>}
 *   | {type: "lost", why: "ended" | "changed"}} Told
 */

const LEVEL_MS = 50;
/** A source that gives nothing any more has no tail either. */
const TAIL_PATIENCE_MS = 500;
/** A microphone that was just opened crackles, and Web Audio pads its beginning with zeros. */
const SETTLING_S = 0.3;

/** @param {Told} told */
const tell = (told) => postMessage(told);

let rate = 0;
/** @type {import("./tape.js").Tape} */
let tape;
/** @type {import("./recording.js").Recording | null} */
let take = null;
/** @type {"asked" | "bound" | "full"} */
let why = "bound";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let patience;
/** @typedef {{meter: ReturnType<typeof startMeter>, skip: number, left: number}} Room samples to skip, then to measure */
/** @type {Room | null} */
let room = null;
let peak = 0;
let toldAt = 0;

/** @param {number} hertz of the source, known with its first block */
function open(hertz) {
  rate = hertz;
  tape = startTape(rate, (samples, n) => void take?.write(samples, n), ended);
  tell({ type: "ready", rate });
}

/**
 * @param {Float32Array} block
 * @param {number} at by the source's clock, in seconds
 */
function hear(block, at) {
  for (const value of block) peak = Math.max(peak, Math.abs(value));
  if (performance.now() - toldAt >= LEVEL_MS) {
    tell({ type: "level", peak, seconds: take ? tape.taken() / rate : 0 });
    peak = 0;
    toldAt = performance.now();
  }
  const samples = toInt16(block);
  if (room) measureRoom(room, samples);
  take?.see(at, block.length);
  tape.push(samples);
}

/** @param {ReadableStream<AudioData>} readable */
async function follow(readable) {
  const reader = readable.getReader();
  for (;;) {
    const { value: data } = await reader.read();
    if (!data) return tell({ type: "lost", why: "ended" });
    const { sampleRate, numberOfFrames, timestamp } = data;
    const block = new Float32Array(numberOfFrames);
    data.copyTo(block, { planeIndex: 0, format: "f32-planar" });
    data.close();
    if (!rate) open(sampleRate);
    // A headset came or went: one file has one rate.
    else if (sampleRate !== rate) return tell({ type: "lost", why: "changed" });
    hear(block, timestamp / 1e6);
  }
}

/** @param {{row: import("../db.js").Clip, most: number}} asked most: samples */
function begin({ row, most }) {
  why = "bound";
  clearTimeout(patience);
  take = startRecording(row, rate, (changes) => commit(changes, "relaxed"), {
    stored: (frames) => tell({ type: "stored", frames }),
    silence: () => tell({ type: "silence" }),
    full: () => end(0, "full"),
  });
  tell({ type: "began", preRollMs: Math.round((tape.begin(most) / rate) * 1000) });
}

/**
 * @param {number} tailMs
 * @param {"asked" | "full"} because
 */
function end(tailMs, because) {
  why = because;
  clearTimeout(patience);
  tape.end(Math.round((tailMs / 1000) * rate));
  patience = setTimeout(() => tape.end(0), tailMs + TAIL_PATIENCE_MS);
}

async function ended() {
  clearTimeout(patience);
  const whole = take?.end();
  take = null;
  // Its last frame may still be refused: only then is it known why it ended.
  if (whole) tell({ type: "ended", take: await whole, why });
}

/**
 * @param {Room} now
 * @param {Int16Array} samples
 */
function measureRoom(now, samples) {
  const skipped = Math.min(now.skip, samples.length);
  now.skip -= skipped;
  const mine = samples.subarray(skipped, skipped + now.left);
  now.meter.push(mine);
  now.left -= mine.length;
  if (now.left > 0) return;
  tell({ type: "room", measures: now.meter.done() });
  room = null;
}

/** @type {{[T in Asked["type"]]: (asked: Extract<Asked, {type: T}>) => unknown}} */
const acts = {
  listen(asked) {
    if ("readable" in asked) {
      follow(asked.readable).catch(() => tell({ type: "lost", why: "ended" }));
      return;
    }
    asked.port.onmessage = ({ data: { block, from } }) => {
      if (!rate) open(asked.rate);
      hear(block, from / rate);
    };
  },
  begin,
  end: ({ tailMs }) => end(tailMs, "asked"),
  hush: ({ on }) => tape.hush(on),
  room({ seconds }) {
    const samples = (/** @type {number} */ time) => Math.round(time * rate);
    room = { meter: startMeter(rate), skip: samples(SETTLING_S), left: samples(seconds) };
  },
};
self.onmessage = ({ data }) => acts[/** @type {Asked["type"]} */ (data.type)](data);
