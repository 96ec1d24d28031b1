/** One take while it is recorded: measured, encoded and stored frame by frame. */

import { startMeter } from "../checks/meter.js";
import { frame } from "./flac.js";

/** Nothing but zeros for so long, the half second before the tap included, is no microphone. */
const SILENCE_S = 0.7;
/** The clocks of sources are less exact than their samples. */
const JUMP_S = 0.005;
/** The page's clock and the samples come here on different ways. */
const WALL_MS = 200;

/** @typedef {import("../db.js").Clip} Clip */
/** @typedef {import("../db.js").Change} Change */
/** @typedef {ReturnType<typeof startRecording>} Recording */

/**
 * A take that is over.
 *
 * @typedef {object} Ended
 * @property {number} samples that were taken
 * @property {number} stored how many of them are in the phone's storage
 * @property {number} wallMs by the clock, from its tap
 * @property {number} gaps how often the source's own clock jumped
 * @property {number} missingMs how much more sound there should be by the clocks
 * @property {Record<string, number>} measures
 */

/**
 * @param {Clip} row
 * @param {number} rate Hz
 * @param {(changes: Change[]) => Promise<void>} commit
 * @param {{stored: (frames: number) => void, silence: () => void, full: () => void}} listener
 * @param {number} [startedAt] by the page's clock
 */
export function startRecording(row, rate, commit, listener, startedAt = performance.now()) {
  const meter = startMeter(rate);
  let taken = 0;
  let stored = 0;
  let frames = 0;
  let gaps = 0;
  /** The storage refused a frame; nothing is stored after it, or the take would have a hole. */
  let full = false;
  let heard = false;
  let live = 0;
  /** By the source's clock: when the tap was, and when the next block is due. */
  let from = Number.NaN;
  let due = Number.NaN;
  /** @type {Change[]} */
  let waiting = [{ table: "clips", put: row }];
  let writing = store();

  /** Store what waits, all that came meanwhile at once. */
  async function store() {
    // A take's row goes along with its first frames.
    await null;
    const changes = waiting;
    waiting = [];
    if (full || !changes.length) return;
    try {
      await commit(changes);
    } catch {
      full = true;
      listener.full();
      return;
    }
    for (const change of changes) {
      if (change.table !== "frames" || !("put" in change)) continue;
      stored += /** @type {import("../db.js").Frame} */ (change.put).samples;
      frames++;
    }
    if (frames) listener.stored(frames);
  }

  return {
    /**
     * A block came from the source.
     *
     * @param {number} at its beginning by the source's clock, in seconds
     * @param {number} length samples
     */
    see(at, length) {
      if (Number.isNaN(from)) from = at;
      else if (Math.abs(at - due) > JUMP_S) gaps++;
      due = at + length / rate;
      live += length;
    },

    /**
     * @param {Int16Array} samples
     * @param {number} n number of the frame
     * @returns {Promise<void>} when it is stored, or refused
     */
    write(samples, n) {
      const before = taken;
      taken += samples.length;
      meter.push(samples);
      heard ||= samples.some((sample) => sample !== 0);
      const limit = SILENCE_S * rate;
      if (!heard && before < limit && taken >= limit) listener.silence();
      const { buffer } = frame(samples, n, rate);
      const put = { clip: row.id, n, samples: samples.length, bytes: buffer };
      waiting.push({ table: "frames", put });
      writing = writing.then(store);
      return writing;
    },

    /** @returns {Promise<Ended>} when all of it is stored, or refused */
    async end() {
      const wallMs = performance.now() - startedAt;
      const liveMs = (live / rate) * 1000;
      const byClock = (due - from) * 1000 - liveMs || 0;
      const byWall = wallMs - liveMs;
      await writing;
      return {
        samples: taken,
        stored,
        wallMs: Math.round(wallMs),
        gaps,
        missingMs: Math.max(0, Math.round(byWall > WALL_MS ? byWall : byClock)),
        measures: meter.done(row.prompt),
      };
    },
  };
}
