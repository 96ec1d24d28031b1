/**
 * Pure: where something rises above the background: energy-gated activity, as the server finds it.
 *
 * The server's half is workers/audio/activity.py, which says why; tests/vectors/measures.json holds
 * both to the same numbers.
 */

/** Sound is summed up by 5 ms: a frame of 25 ms is five of these, and begins every second one. */
export const UNITS_PER_SECOND = 200;
const FRAME = 5;
const HOP = 2;
const HOP_S = HOP / UNITS_PER_SECOND;

const BELOW_LOUD_DB = 25;
const ABOVE_QUIET_DB = 6;
const STEADY_DB = 8;
const BRIDGED_FRAMES = 8;
const SHORTEST_FRAMES = 3;
const FLOOR = 1e-12;

/**
 * Return the activity of a take; null is a measure without meaning for it.
 *
 * @param {number[]} means of the samples in each 5 ms, 1 is full scale
 * @param {number[]} powers of the same
 * @param {number} duration seconds
 */
export function findActivity(means, powers, duration) {
  const energy = frameEnergy(means, powers);
  const levels = energy.map(decibels);
  const ordered = Float64Array.from(levels).sort();
  const quiet = quantile(ordered, 0.05);
  const loud = quantile(ordered, 0.95);
  const range = loud - quiet;
  const bar = Math.max(loud - BELOW_LOUD_DB, quiet + ABOVE_QUIET_DB);
  const active = levels.map((level) => range >= STEADY_DB && level > bar);
  const stretches = activeStretches(active);
  const frames = stretches.reduce((sum, [start, end]) => sum + end - start, 0);
  const inside = energy.filter(
    (_, at) => active[at] && stretches.some(([start, end]) => at >= start && at < end),
  );
  const last = stretches.at(-1);
  return {
    range_db: range,
    active_s: frames * HOP_S,
    active_ratio: duration ? (frames * HOP_S) / duration : null,
    active_level_dbov: last ? decibels(mean(inside)) : null,
    lead_s: last ? /** @type {number} */ (stretches[0]?.[0]) * HOP_S : null,
    trail_s: last ? Math.max(0, duration - last[1] * HOP_S) : null,
  };
}

/** @param {number} power */
export const decibels = (power) => 10 * Math.log10(Math.max(power, FLOOR));

/**
 * @param {number[]} means
 * @param {number[]} powers
 * @returns {number[]} of each frame, without the take's offset
 */
function frameEnergy(means, powers) {
  const offset = mean(means);
  const centred = powers.map((power, at) =>
    Math.max(0, power - offset * (2 * Number(means[at]) - offset)),
  );
  /** @type {number[]} */
  const energy = [];
  // A take shorter than one frame is filled up with silence.
  for (let at = 0; at === 0 || at + FRAME <= centred.length; at += HOP) {
    energy.push(sum(centred.slice(at, at + FRAME)) / FRAME);
  }
  return energy;
}

/**
 * Return first and end frame of each active stretch: gaps of 80 ms bridged, mere clicks dropped.
 *
 * @param {boolean[]} active
 * @returns {[number, number][]}
 */
function activeStretches(active) {
  /** @type {[number, number][]} */
  const found = [];
  for (const [at, on] of active.entries()) {
    const last = found.at(-1);
    if (!on) continue;
    if (last && at - last[1] <= BRIDGED_FRAMES) last[1] = at + 1;
    else found.push([at, at + 1]);
  }
  return found.filter(([start, end]) => end - start >= SHORTEST_FRAMES);
}

/** Between two values in proportion, as numpy does.
 * @param {Float64Array} ordered
 * @param {number} share 0 to 1 */
function quantile(ordered, share) {
  const place = (ordered.length - 1) * share;
  const below = Number(ordered[Math.floor(place)]);
  return below + (Number(ordered[Math.ceil(place)]) - below) * (place % 1);
}

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param {number[]} values */
const mean = (values) => (values.length ? sum(values) / values.length : 0);
