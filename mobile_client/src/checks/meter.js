/** Pure: measures a take while it is recorded, in the server's names, units and formulas. */

import { decibels, findActivity, UNITS_PER_SECOND } from "./activity.js";
import { Plateau } from "./plateau.js";
import { expectedSeconds } from "./speaking_time.js";

const SCALE = 32768;
/** |x| >= 0.999 on the server. */
const FULL_SCALE = Math.ceil(0.999 * SCALE);
const FEWEST_AT_FULL_SCALE = 4;
const SILENT_PEAK = 1e-4 * SCALE;
const FEWEST_RUNS = 5;
const SHORTEST_GAP_S = 0.0015;
/** The mean power of a flank that can be heard, -50 dBFS. */
const LOUD = 1e-5;
/** Time is counted from the tap on; a take holds about half a second more, from before it. */
const PRE_ROLL_S = 0.4;
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
 *
 * @param {number} rate Hz
 */
export function startMeter(rate) {
  const [b0, b1, b2, a1, a2] = lowPass(rate);
  const above = new Plateau();
  const below = new Plateau();
  let count = 0;
  let low = SCALE;
  let high = -SCALE;
  let total = 0;
  let squares = 0;
  let atFullScale = 0;
  /** Where the run of samples that are as good as zero began, and the longest such run inside. */
  let quietFrom = 0;
  let longestQuiet = 0;
  /** @type {[number, number][]} of the long ones: in which 5 ms the sound stops and goes on */
  const gaps = [];
  /** State of the low-pass; then what the current 5 ms hold, and where they end. */
  let z1 = 0;
  let z2 = 0;
  let unitSum = 0;
  let unitPower = 0;
  let unitFrom = 0;
  let unitEnd = 0;
  /** @type {number[]} of the samples of each 5 ms, below 8 kHz, 1 is full scale */
  const means = [];
  /** @type {number[]} */
  const powers = [];
  endUnit();

  /** A run that began after the first sound has met sound again. */
  function endQuiet() {
    const length = count - quietFrom;
    if (length > longestQuiet) longestQuiet = length;
    if (length > SHORTEST_GAP_S * rate) {
      // Where the run began: in the 5 ms of the sample before it.
      const stop = Math.ceil((quietFrom * UNITS_PER_SECOND) / rate) - 1;
      gaps.push([stop, means.length]);
    }
  }

  function endUnit() {
    const samples = count - unitFrom;
    if (samples) {
      means.push(unitSum / samples / SCALE);
      powers.push(unitPower / samples / SCALE ** 2);
    }
    unitSum = unitPower = 0;
    unitFrom = count;
    unitEnd = Math.floor(((means.length + 1) * rate) / UNITS_PER_SECOND);
  }

  return {
    /** @param {Int16Array} block the samples that follow those before */
    push(block) {
      for (const sample of block) {
        if (sample > high) high = sample;
        if (sample < low) low = sample;
        if (sample >= above.bar || above.near) above.see(sample);
        if (-sample >= below.bar || below.near) below.see(-sample);
        const size = sample < 0 ? -sample : sample;
        if (size >= FULL_SCALE) atFullScale++;
        if (size > 1) {
          if (quietFrom && quietFrom < count) endQuiet();
          quietFrom = count + 1;
        }
        total += sample;
        squares += sample * sample;
        const y = b0 * sample + z1;
        z1 = b1 * sample - a1 * y + z2;
        z2 = b2 * sample - a2 * y;
        unitSum += y;
        unitPower += y * y;
        if (++count === unitEnd) endUnit();
      }
    },

    /**
     * Return the measures; one without meaning for this take is left out, as on the server.
     *
     * @param {Said} [said]
     * @returns {Record<string, number>}
     */
    done({ kind, text = "", repeats, max_seconds = Infinity } = {}) {
      const offset = total / (count || 1);
      const duration = count / rate;
      const plateaus = [above.see(0), below.see(0)];
      /** @param {"runs" | "samples"} of */
      const both = (of) => plateaus.reduce((sum, tally) => sum + (tally?.[of] ?? 0), 0);
      const plain = both("runs") < FEWEST_RUNS || Math.max(high, -low) < SILENT_PEAK;
      const activity = findActivity(means, powers, duration);
      const expected = kind === "question" ? null : expectedSeconds(text, repeats);
      /** @param {number} unit */
      const loud = (unit) => Math.max(powers[unit] ?? 0, powers[unit + 1] ?? 0) > LOUD;
      /** @type {Record<string, number | null | undefined>} */
      const values = {
        duration_s: duration,
        // The take was ended for the speaker, who may have had more to say.
        stopped_early: Number(duration >= max_seconds + PRE_ROLL_S),
        sample_rate_hz: rate,
        peak: Math.max(0, high - offset, offset - low) / SCALE,
        dc: Math.abs(offset) / SCALE,
        rms_dbfs: decibels((squares / (count || 1) - offset ** 2) / SCALE ** 2),
        full_scale_share: atFullScale < FEWEST_AT_FULL_SCALE ? 0 : atFullScale / count,
        plateau_share: plain ? 0 : both("samples") / count,
        zero_run_s: longestQuiet / rate,
        zero_gaps: gaps.filter(([stop, start]) => loud(stop - 1) && loud(start)).length,
        ...activity,
        speech_expected_ratio: expected && (activity.active_s ?? 0) / expected,
      };
      /** @type {Record<string, number>} */
      const measured = {};
      for (const [name, value] of Object.entries(values)) {
        if (value != null) measured[name] = Math.round(value * 1e6) / 1e6;
      }
      return measured;
    },
  };
}

/**
 * Return a Butterworth low-pass of second order (bilinear transform), or none where it is not needed.
 *
 * @param {number} rate Hz
 * @returns {[number, number, number, number, number]} b0, b1, b2, a1, a2
 */
function lowPass(rate) {
  if (rate <= ACTIVITY_RATE) return [1, 0, 0, 0, 0];
  const k = Math.tan((Math.PI * CORNER_HZ) / rate);
  const norm = 1 / (1 + Math.SQRT2 * k + k * k);
  const b = k * k * norm;
  return [b, 2 * b, b, 2 * (b - norm), (1 - Math.SQRT2 * k + k * k) * norm];
}
