/** Pure: write samples as a WAV file, 16-bit PCM, one channel (RIFF WAVE, format 1). */

export const HEADER_BYTES = 44;

/**
 * Return one sample as a 16-bit integer.
 *
 * Browsers turn a microphone's integers into floats asymmetrically, so this is the exact inverse:
 * a plain `value * 32768` is off by one in a third of the loud samples.
 *
 * @param {number} value -1 to 1
 * @returns {number}
 */
export function toInt16(value) {
  const scaled = Math.round(value < 0 ? value * 32768 : value * 32767);
  return Math.max(-32768, Math.min(32767, scaled));
}

/**
 * @param {Float32Array[]} blocks samples in order
 * @returns {Int16Array<ArrayBuffer>}
 */
export function joinSamples(blocks) {
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const samples = new Int16Array(total);
  let at = 0;
  for (const block of blocks) {
    for (const value of block) samples[at++] = toInt16(value);
  }
  return samples;
}

/**
 * @param {Int16Array} samples
 * @param {number} rate Hz
 * @returns {ArrayBuffer} the whole file
 */
export function encodeWav(samples, rate) {
  const bytes = samples.length * 2;
  const file = new ArrayBuffer(HEADER_BYTES + bytes);
  const view = new DataView(file);
  writeName(view, 0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  writeName(view, 8, "WAVE");
  writeName(view, 12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeName(view, 36, "data");
  view.setUint32(40, bytes, true);
  // One by one: the file is little-endian, whatever the phone is.
  for (let index = 0; index < samples.length; index++) {
    view.setInt16(HEADER_BYTES + index * 2, /** @type {number} */ (samples[index]), true);
  }
  return file;
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {string} name four letters
 */
function writeName(view, at, name) {
  for (let index = 0; index < name.length; index++) {
    view.setUint8(at + index, name.charCodeAt(index));
  }
}
