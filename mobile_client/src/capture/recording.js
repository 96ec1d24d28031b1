/** One take while it is recorded: measured, encoded and stored frame by frame. */

import { Meter } from "../checks/meter.js";
import { frame } from "./flac.js";

/** Nothing but zeros for so long, the half second before the tap included, is no microphone. */
const SILENCE_S = 0.7;
/** The clocks of sources are less exact than their samples. */
const JUMP_S = 0.005;
/** The page's clock and the samples come here on different ways. */
const WALL_MS = 200;

/** @typedef {import("../db.js").Clip} Clip */
/** @typedef {import("../db.js").Change} Change */

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

export class Recording {
  samples = 0;
  stored = 0;
  frames = 0;
  gaps = 0;
  /** The storage refused a frame; nothing is stored after it, or the take would have a hole. */
  full = false;
  heard = false;
  startedAt = performance.now();
  live = 0;
  /** By the source's clock: when the tap was, and when the next block is due. */
  from = Number.NaN;
  due = Number.NaN;

  /**
   * @param {Clip} row
   * @param {number} rate Hz
   * @param {(changes: Change[]) => Promise<void>} commit
   * @param {{stored: (frames: number) => void, silence: () => void, full: () => void}} listener
   */
  constructor(row, rate, commit, listener) {
    this.row = row;
    this.rate = rate;
    this.commit = commit;
    this.listener = listener;
    this.meter = new Meter(rate);
    /** @type {Change[]} */
    this.waiting = [{ table: "clips", put: row }];
    this.writing = this.store();
  }

  /**
   * A block came from the source.
   *
   * @param {number} at its beginning by the source's clock, in seconds
   * @param {number} length samples
   */
  see(at, length) {
    if (Number.isNaN(this.from)) this.from = at;
    else if (Math.abs(at - this.due) > JUMP_S) this.gaps++;
    this.due = at + length / this.rate;
    this.live += length;
  }

  /**
   * @param {Int16Array} samples
   * @param {number} n number of the frame
   */
  write(samples, n) {
    this.samples += samples.length;
    this.meter.push(samples);
    if (!this.heard) this.listen(samples);
    const { buffer } = frame(samples, n, this.rate);
    const row = { clip: this.row.id, n, samples: samples.length, bytes: buffer };
    this.waiting.push({ table: "frames", put: row });
    this.writing = this.writing.then(() => this.store());
  }

  /** @param {Int16Array} samples */
  listen(samples) {
    const before = this.samples - samples.length;
    const limit = SILENCE_S * this.rate;
    this.heard = samples.some((sample) => sample !== 0);
    if (!this.heard && before < limit && this.samples >= limit) this.listener.silence();
  }

  /** Store what waits, all that came meanwhile at once. */
  async store() {
    // A take's row goes along with its first frames.
    await null;
    const changes = this.waiting;
    this.waiting = [];
    if (this.full || !changes.length) return;
    try {
      await this.commit(changes);
    } catch {
      this.full = true;
      this.listener.full();
      return;
    }
    for (const change of changes) {
      if (change.table !== "frames" || !("put" in change)) continue;
      this.stored += /** @type {import("../db.js").Frame} */ (change.put).samples;
      this.frames++;
    }
    if (this.frames) this.listener.stored(this.frames);
  }

  /** @returns {Promise<Ended>} when all of it is stored, or refused */
  async end() {
    const wallMs = performance.now() - this.startedAt;
    const liveMs = (this.live / this.rate) * 1000;
    const byClock = (this.due - this.from) * 1000 - liveMs || 0;
    const byWall = wallMs - liveMs;
    await this.writing;
    return {
      samples: this.samples,
      stored: this.stored,
      wallMs: Math.round(wallMs),
      gaps: this.gaps,
      missingMs: Math.max(0, Math.round(byWall > WALL_MS ? byWall : byClock)),
      measures: this.meter.done(this.row.prompt),
    };
  }
}
