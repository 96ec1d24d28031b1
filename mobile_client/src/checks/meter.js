/** Pure: measures a take while it is recorded, in the server's names, units and formulas. */

import { decibels, findActivity, UNITS_PER_SECOND } from "./activity.js";
import { Plateau } from "./plateau.js";
import { expectedSeconds } from "./speaking_time.js";

const SCALE = 32768;
/** |x| >= 0.999 on the server. */
const FULL_SCALE = Math.ceil(0.999 * SCALE);
const FEWEST_AT_FULL_SCALE = 4;
const SILENT_PEAK = 1e-4;
const FEWEST_RUNS = 5;
const SHORTEST_GAP_S = 0.0015;
const LOUD = 0.01 * SCALE;
/** The server measures activity at 16 kHz; what lies above 8 kHz must not count here either. */
const ACTIVITY_RATE = 16000;
/** A Butterworth low-pass of second order at this corner lets through as much noise as 8 kHz would. */
const CORNER_HZ = 7200;

/**
 * What the checks need to know of the prompt; see `pack.prompts`.
 *
 * @typedef {{kind?: string, text?: string, repeats?: number, max_seconds?: number}} Said
 */

/**
 * Give it every sample of a take with `push`, in blocks of any size, and ask `done` once at the end.
 * It costs about ten multiplications a sample and keeps two numbers for every 5 ms.
 */
export class Meter {
  count = 0;
  low = SCALE;
  high = -SCALE;
  sum = 0;
  squares = 0;
  atFullScale = 0;
  /** Where the run of samples that are as good as zero began, and the longest such run inside. */
  quietFrom = 0;
  longestQuiet = 0;
  /** The same for exact zeros: where the run began, and the ends of those that are long. */
  zeroFrom = 0;
  /** @type {[number, number][]} the 5 ms in which the sound stops, and in which it goes on */
  gaps = [];
  above = new Plateau();
  below = new Plateau();
  /** State of the low-pass; then what the current 5 ms hold, and where they end. */
  z1 = 0;
  z2 = 0;
  unitSum = 0;
  unitPower = 0;
  unitPeak = 0;
  unitFrom = 0;
  unitEnd = 0;
  /** @type {number[]} of the samples of each 5 ms, below 8 kHz, 1 is full scale */
  means = [];
  /** @type {number[]} */
  powers = [];
  /** @type {number[]} of all samples of each 5 ms, in steps of 16 bit */
  peaks = [];

  /** @param {number} rate Hz */
  constructor(rate) {
    this.rate = rate;
    this.filter = lowPass(rate);
    this.unitEnd = Math.floor(rate / UNITS_PER_SECOND);
  }

  /** @param {Int16Array} block the samples that follow those before */
  push(block) {
    const { b0, b1, b2, a1, a2 } = this.filter;
    const { above, below } = this;
    const longGap = SHORTEST_GAP_S * this.rate;
    // Local, because this loop runs for every sample on the slowest phone there is.
    let { count, low, high, sum, squares, quietFrom, zeroFrom, z1, z2 } = this;
    let { unitSum, unitPower, unitPeak, unitEnd } = this;
    for (const sample of block) {
      if (sample > high) high = sample;
      if (sample < low) low = sample;
      if (sample >= above.bar || above.near) above.see(sample);
      if (-sample >= below.bar || below.near) below.see(-sample);
      const size = sample < 0 ? -sample : sample;
      if (size > unitPeak) unitPeak = size;
      if (size >= FULL_SCALE) this.atFullScale++;
      if (size > 0) {
        if (zeroFrom && count - zeroFrom > longGap) {
          this.gaps.push([this.unitOf(zeroFrom - 1), this.unitOf(count)]);
        }
        zeroFrom = count + 1;
      }
      if (size > 1) {
        if (quietFrom && count - quietFrom > this.longestQuiet) {
          this.longestQuiet = count - quietFrom;
        }
        quietFrom = count + 1;
      }
      sum += sample;
      squares += sample * sample;
      const y = b0 * sample + z1;
      z1 = b1 * sample - a1 * y + z2;
      z2 = b2 * sample - a2 * y;
      unitSum += y;
      unitPower += y * y;
      if (++count === unitEnd) {
        const samples = count - this.unitFrom;
        this.means.push(unitSum / samples / SCALE);
        this.powers.push(unitPower / samples / SCALE ** 2);
        this.peaks.push(unitPeak);
        unitSum = unitPower = unitPeak = 0;
        this.unitFrom = count;
        unitEnd = Math.floor(((this.means.length + 1) * this.rate) / UNITS_PER_SECOND);
      }
    }
    Object.assign(this, { count, low, high, sum, squares, quietFrom, zeroFrom, z1, z2 });
    Object.assign(this, { unitSum, unitPower, unitPeak, unitEnd });
  }

  /** @param {number} at sample
   * @returns {number} which 5 ms it lies in */
  unitOf(at) {
    return Math.ceil(((at + 1) * UNITS_PER_SECOND) / this.rate) - 1;
  }

  /** Count the long runs of zeros with sound right before and right after. */
  zeroGaps() {
    const peaks = [...this.peaks, this.unitPeak];
    /** @param {number | undefined} peak */
    const loud = (peak) => peak !== undefined && peak > LOUD;
    return this.gaps.filter(
      ([stop, start]) =>
        (loud(peaks[stop - 1]) || loud(peaks[stop])) &&
        (loud(peaks[start]) || loud(peaks[start + 1])),
    ).length;
  }

  /**
   * Return the measures; one without meaning for this take is left out, as on the server.
   *
   * @param {Said} [said]
   * @returns {Record<string, number>}
   */
  done({ kind, text = "", repeats = 1, max_seconds = Infinity } = {}) {
    const { count, rate, above, below } = this;
    const offset = count ? this.sum / count : 0;
    const power = count ? this.squares / count - offset * offset : 0;
    const duration = count / rate;
    const [up, down] = [above.end(), below.end()];
    const clipped = up.runs + down.runs >= FEWEST_RUNS;
    const loud = Math.max(this.high, -this.low) >= SILENT_PEAK * SCALE;
    const activity = findActivity(this.means, this.powers, duration);
    const expected = kind === "question" ? null : expectedSeconds(text, repeats);
    /** @type {Record<string, number | null | undefined>} */
    const values = {
      duration_s: duration,
      // The take was ended for the speaker, who may have had more to say.
      stopped_early: duration >= max_seconds ? 1 : 0,
      sample_rate_hz: rate,
      peak: count ? Math.max(this.high - offset, offset - this.low) / SCALE : 0,
      dc: Math.abs(offset) / SCALE,
      rms_dbfs: decibels(power / SCALE ** 2),
      full_scale_share: this.atFullScale < FEWEST_AT_FULL_SCALE ? 0 : this.atFullScale / count,
      plateau_share: clipped && loud ? (up.samples + down.samples) / count : 0,
      zero_run_s: this.longestQuiet / rate,
      zero_gaps: this.zeroGaps(),
      ...activity,
      speech_expected_ratio: expected && (activity.active_s ?? 0) / expected,
    };
    /** @type {Record<string, number>} */
    const measured = {};
    for (const [name, value] of Object.entries(values)) {
      if (value != null) measured[name] = Math.round(value * 1e6) / 1e6;
    }
    return measured;
  }
}

/**
 * Return a Butterworth low-pass of second order (bilinear transform), or none where it is not needed.
 *
 * @param {number} rate Hz
 */
function lowPass(rate) {
  if (rate <= ACTIVITY_RATE) return { b0: 1, b1: 0, b2: 0, a1: 0, a2: 0 };
  const k = Math.tan((Math.PI * CORNER_HZ) / rate);
  const norm = 1 / (1 + Math.SQRT2 * k + k * k);
  return {
    b0: k * k * norm,
    b1: 2 * k * k * norm,
    b2: k * k * norm,
    a1: 2 * (k * k - 1) * norm,
    a2: (1 - Math.SQRT2 * k + k * k) * norm,
  };
}
