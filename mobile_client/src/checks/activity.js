/**
 * Pure: where something rises above the background, and how loud that is, as the server finds it.
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
const FADE_FRAMES = 3;
const FEWEST_BACKGROUND = 5;
/** 100 ms. */
const EDGE = 20;
const LEAST_DB = -20;
const FLOOR = 1e-12;

/**
 * Return the activity of a take; what has no meaning for it is left out.
 *
 * @param {number[]} means of the samples in each 5 ms, 1 is full scale
 * @param {number[]} powers of the same
 * @param {number} duration seconds
 */
export function findActivity(means, powers, duration) {
  const offset = mean(means);
  const centred = powers.map((power, at) =>
    Math.max(0, power - offset * (2 * Number(means[at]) - offset)),
  );
  const energy = frameEnergy(centred);
  const levels = energy.map(decibels);
  const ordered = Float64Array.from(levels).sort();
  const quiet = quantile(ordered, 0.05);
  const loud = quantile(ordered, 0.95);
  const range = loud - quiet;
  const bar = Math.max(loud - BELOW_LOUD_DB, quiet + ABOVE_QUIET_DB);
  const active = levels.map((level) => level > bar);
  const stretches = range < STEADY_DB ? [] : activeStretches(active);
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (!first || !last) {
    return { range_db: range, active_s: 0, active_ratio: 0, noise_dbov: decibels(mean(energy)) };
  }
  // 2 inside of a stretch, 1 where it fades in or out, 0 elsewhere.
  const place = new Uint8Array(energy.length);
  for (const [start, end] of stretches) {
    place.fill(1, Math.max(0, start - FADE_FRAMES), end + FADE_FRAMES);
  }
  for (const [start, end] of stretches) place.fill(2, start, end);
  const inside = energy.filter((_, at) => active[at] && place[at] === 2);
  const outside = energy.filter((_, at) => place[at] === 0);
  const power = mean(inside);
  const noise = Math.max(
    FLOOR,
    outside.length < FEWEST_BACKGROUND ? 10 ** (quiet / 10) : mean(outside),
  );
  /** @param {number} part @param {number} whole */
  const over = (part, whole) => Math.max(LEAST_DB, decibels((part - noise) / whole));
  const seconds = sum(stretches.map(([start, end]) => end - start)) * HOP_S;
  return {
    range_db: range,
    active_s: seconds,
    active_ratio: seconds / duration,
    active_level_dbov: decibels(power),
    noise_dbov: decibels(noise),
    snr_db: over(power, noise),
    edge_start_db: over(mean(centred.slice(0, EDGE)), power),
    edge_end_db: over(mean(centred.slice(-EDGE)), power),
    lead_s: first[0] * HOP_S,
    trail_s: Math.max(0, duration - last[1] * HOP_S),
  };
}

/** @param {number} power */
export const decibels = (power) => 10 * Math.log10(Math.max(power, FLOOR));

/**
 * @param {number[]} powers
 * @returns {number[]} of each frame
 */
function frameEnergy(powers) {
  /** @type {number[]} */
  const energy = [];
  // A take shorter than one frame is filled up with silence.
  for (let at = 0; at === 0 || at + FRAME <= powers.length; at += HOP) {
    energy.push(sum(powers.slice(at, at + FRAME)) / FRAME);
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
