/**
 * Pure: guess each sample from those before it (RFC 9639, sections 9.2.5 and 9.2.6), so that only
 * what the guess missed must be stored. `?? 0` is for the type checker; no index is out of range.
 */

/**
 * `coefficients`: of the sample before, the one before that ...; `shift`: they are 2^shift too large.
 *
 * @typedef {{coefficients: number[], shift: number}} Predictor
 */

/**
 * Bits of a coefficient. With samples of 16 bits and eight of them no sum leaves 30 bits, so that
 * the phone may calculate in whole numbers of 32, as decoders do.
 */
export const PRECISION = 12;
const MOST_ORDER = 8;
const MOST_SHIFT = 15;

/** The five fixed predictors, by order. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

/**
 * Return the fixed predictor that misses least. What each order misses is the difference between
 * neighbours of what the order below misses; all are judged by the samples from the fifth on.
 *
 * @param {Int16Array} samples
 * @returns {Predictor}
 */
export function bestFixed(samples) {
  const missed = Int32Array.from(samples);
  let least = Number.POSITIVE_INFINITY;
  /** @type {number[]} */
  let best = [];
  for (const coefficients of FIXED) {
    let sum = 0;
    for (let index = 4; index < missed.length; index++) sum += Math.abs(missed[index] ?? 0);
    if (sum < least) [least, best] = [sum, coefficients];
    for (let index = missed.length; --index > 0; )
      missed[index] = (missed[index] ?? 0) - (missed[index - 1] ?? 0);
  }
  return { coefficients: best, shift: 0 };
}

/**
 * Return the linear predictor for these samples, of the order that promises the fewest bits; null
 * when there is nothing to predict.
 *
 * @param {Int16Array} samples
 * @returns {Predictor | null}
 */
export function bestLinear(samples) {
  const products = autocorrelation(samples);
  const energy = products[0] ?? 0;
  if (energy === 0) return null;
  /** @type {number[]} */
  let weights = [];
  let best = { bits: Number.POSITIVE_INFINITY, weights };
  // Levinson and Durbin: each step adds one sample to the guess; `rest` is what it still misses.
  let rest = energy;
  for (let order = 1; order <= MOST_ORDER && rest > 0; order++) {
    let reflection = products[order] ?? 0;
    for (const [index, weight] of weights.entries()) {
      reflection -= weight * (products[order - 1 - index] ?? 0);
    }
    reflection /= rest;
    const before = weights;
    weights = before.map((weight, index) => weight - reflection * (before.at(-1 - index) ?? 0));
    weights.push(reflection);
    rest *= 1 - reflection * reflection;
    const bits = bitsFor(rest / samples.length, samples.length - order, order);
    if (bits < best.bits) best = { bits, weights };
  }
  return quantise(best.weights);
}

/**
 * What a miss of this mean square takes when it is spread like Laplace's distribution, plus what the
 * order costs: a whole sample and a coefficient each.
 *
 * @param {number} square
 * @param {number} count
 * @param {number} order
 */
function bitsFor(square, count, order) {
  const each = Math.max(0, 0.5 * Math.log2((Math.LN2 * Math.LN2 * square) / 2));
  return count * each + order * (16 + PRECISION);
}

/** @type {Float64Array} */
let window = new Float64Array(0);

/**
 * Return the products of the samples with themselves, 0 to 8 samples apart, faded in and out over a
 * quarter each (Tukey's window): the ends of a frame would else sound like clicks.
 *
 * @param {Int16Array} samples
 * @returns {Float64Array}
 */
function autocorrelation(samples) {
  const count = samples.length;
  if (window.length !== count) {
    window = Float64Array.from({ length: count }, (_, index) => {
      const along = Math.min(1, Math.min(index, count - 1 - index) / (count / 4));
      return 0.5 - 0.5 * Math.cos(Math.PI * along);
    });
  }
  const faded = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    faded[index] = (samples[index] ?? 0) * (window[index] ?? 0);
  }
  const products = new Float64Array(MOST_ORDER + 1);
  for (let apart = 0; apart <= MOST_ORDER; apart++) {
    let sum = 0;
    for (let index = apart; index < count; index++) {
      sum += (faded[index] ?? 0) * (faded[index - apart] ?? 0);
    }
    products[apart] = sum;
  }
  return products;
}

/**
 * Weights as whole numbers of 12 bits; what rounding one leaves over is given to the next.
 *
 * @param {number[]} weights
 * @returns {Predictor}
 */
function quantise(weights) {
  const most = 2 ** (PRECISION - 1);
  const largest = Math.max(...weights.map(Math.abs));
  const room = PRECISION - 2 - Math.floor(Math.log2(largest));
  const shift = Math.max(0, Math.min(MOST_SHIFT, room));
  let left = 0;
  const coefficients = weights.map((weight) => {
    left += weight * 2 ** shift;
    const whole = Math.max(-most, Math.min(most - 1, Math.round(left)));
    left -= whole;
    return whole;
  });
  return { coefficients, shift };
}

/**
 * Return what the predictor misses; nothing is said of its first samples, before it can guess.
 *
 * @param {Int16Array} samples
 * @param {Predictor} predictor
 * @returns {Int32Array}
 */
export function miss(samples, { coefficients, shift }) {
  const order = coefficients.length;
  const residual = new Int32Array(samples.length);
  const weights = Int32Array.from(coefficients);
  for (let index = order; index < samples.length; index++) {
    let guess = 0;
    for (let back = 0; back < order; back++) {
      guess += (weights[back] ?? 0) * (samples[index - 1 - back] ?? 0);
    }
    residual[index] = (samples[index] ?? 0) - (guess >> shift);
  }
  return residual;
}
