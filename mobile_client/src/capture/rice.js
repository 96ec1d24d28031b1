/** Pure: partitioned Rice codes, which hold what the prediction missed (RFC 9639, section 9.2.7). */

/** More than 2^5 parts gain nothing in speech. */
const MOST_SPLITS = 5;
/** A parameter has four bits; 15 of 15 means "not coded". */
const MOST_PARAMETER = 14;

/**
 * @typedef {object} Partition how a residual is split and coded
 * @property {number} splits there are 2^splits parts of one length
 * @property {number[]} parameters one a part
 * @property {number} bits what it takes at most
 */

/**
 * Return the cheapest way to code a residual.
 *
 * @param {Int32Array} residual
 * @param {number} order how many samples at its beginning are stored as they are
 * @returns {Partition}
 */
export function partition(residual, order) {
  const count = residual.length;
  let splits = 0;
  while (splits < MOST_SPLITS && count % (2 << splits) === 0 && count >> (splits + 1) > order) {
    splits++;
  }
  let sums = sumsOf(residual, count >> splits, order);
  let best = choose(sums, count, order);
  while (sums.length > 1) {
    sums = sums.filter((_, index) => index % 2).map((sum, pair) => sum + (sums[2 * pair] ?? 0));
    const wider = choose(sums, count, order);
    if (wider.bits < best.bits) best = wider;
  }
  return best;
}

/**
 * @param {Int32Array} residual
 * @param {number} size of a part
 * @param {number} order
 * @returns {number[]} what each part's folded values sum up to
 */
function sumsOf(residual, size, order) {
  const sums = [];
  let index = order;
  for (let end = size; end <= residual.length; end += size) {
    let sum = 0;
    for (; index < end; index++) sum += fold(residual[index] ?? 0);
    sums.push(sum);
  }
  return sums;
}

/**
 * Below and above zero become one line: 0, -1, 1, -2, 2 are 0, 1, 2, 3, 4.
 *
 * @param {number} value
 */
function fold(value) {
  return (value << 1) ^ (value >> 31);
}

/**
 * @param {number[]} sums of parts of equal size
 * @param {number} count
 * @param {number} order
 * @returns {Partition}
 */
function choose(sums, count, order) {
  let bits = 6;
  const parameters = sums.map((sum, part) => {
    const values = count / sums.length - (part ? 0 : order);
    // A value takes its lower bits, a one, and as many zeros as what is above them says.
    let parameter = 0;
    while (parameter < MOST_PARAMETER && values * (2 << parameter) < sum) parameter++;
    bits += 4 + values * (parameter + 1) + sum / (1 << parameter);
    return parameter;
  });
  return { splits: Math.log2(sums.length), parameters, bits };
}

/**
 * @param {import("./bits.js").Bits} bits
 * @param {Int32Array} residual
 * @param {number} order
 * @param {Partition} how
 */
export function writeResidual(bits, residual, order, { splits, parameters }) {
  bits.put(0, 2);
  bits.put(splits, 4);
  const size = residual.length >> splits;
  let index = order;
  for (const [part, parameter] of parameters.entries()) {
    bits.put(parameter, 4);
    for (const end = (part + 1) * size; index < end; index++) {
      const value = fold(residual[index] ?? 0);
      bits.unary(value >>> parameter);
      bits.put(value, parameter);
    }
  }
}
