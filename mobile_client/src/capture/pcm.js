/** Pure: the microphone's whole numbers, which the browser hands over as fractions. */

/**
 * Return samples as 16-bit whole numbers.
 *
 * Browsers turn a microphone's whole numbers into fractions asymmetrically, so this is the exact
 * inverse: a plain `value * 32768` is off by one in a third of the loud samples.
 *
 * @param {Float32Array} block -1 to 1
 * @returns {Int16Array}
 */
export function toInt16(block) {
  const samples = new Int16Array(block.length);
  for (let index = 0; index < block.length; index++) {
    const value = block[index] ?? 0;
    const scaled = Math.round(value < 0 ? value * 32768 : value * 32767);
    samples[index] = Math.max(-32768, Math.min(32767, scaled));
  }
  return samples;
}

/**
 * @param {Int16Array[]} blocks
 * @returns {Int16Array}
 */
export function join(blocks) {
  const samples = new Int16Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return samples;
}
