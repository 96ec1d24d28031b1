/**
 * Pure: write sound as FLAC (RFC 9639), one channel, 16 bits, frame by frame.
 *
 * Every frame stands alone, so that a take is on the disk as far as it was spoken. A file is
 * `header` and all its frames. Lossless: linear or fixed prediction, the rest in Rice codes.
 */

import { Bits, crc8, crc16 } from "./bits.js";
import { bestFixed, bestLinear, miss, PRECISION } from "./prediction.js";
import { partition, writeResidual } from "./rice.js";

export const CONTENT_TYPE = "audio/flac";

/** Section 9.1.2; a rate that is not here is looked up in the header, code 0. */
const RATE_CODES = [
  0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000,
];

/** Below so many samples a frame's coefficients cost more than they save. */
const FEW_SAMPLES = 64;

/**
 * Samples of every frame but the last. What a browser's death can take is one frame: about 90 ms,
 * and not more at the low rates of headsets.
 *
 * @param {number} rate Hz
 */
export function frameSize(rate) {
  return rate < 32000 ? 1024 : 4096;
}

/**
 * The file's beginning: its mark and the one block every file has, STREAMINFO (section 8.2). The
 * lengths of frames and the MD5 of the sound are left open, as the format allows: the file has its
 * SHA-256.
 *
 * @param {number} rate Hz, below 2^20
 * @param {number} samples in all the frames
 */
export function header(rate, samples) {
  const bits = new Bits(42);
  for (const letter of "fLaC") bits.put(letter.charCodeAt(0), 8);
  bits.put(0x80, 8); // the last block before the sound, and STREAMINFO
  bits.put(34, 24);
  bits.put(frameSize(rate), 16);
  bits.put(frameSize(rate), 16);
  bits.put(0, 24);
  bits.put(0, 24);
  bits.put(rate, 20);
  bits.put(1 - 1, 3); // channels
  bits.put(16 - 1, 5); // bits of a sample
  bits.put(samples / 2 ** 18, 18);
  bits.put(samples, 18);
  return bits.bytes;
}

/**
 * @param {Int16Array} samples one to 65535 of them
 * @param {number} number of the frame, from 0
 * @param {number} rate Hz
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function frame(samples, number, rate) {
  const bits = new Bits(2 * samples.length + 32);
  bits.put(0xfff8, 16); // sync code, all frames of one size
  bits.put(0x70 | Math.max(0, RATE_CODES.indexOf(rate)), 8); // the size follows in 16 bits
  bits.put(0x08, 8); // one channel, 16 bits
  putNumber(bits, number);
  bits.put(samples.length - 1, 16);
  bits.put(crc8(bits.written()), 8);
  putSubframe(bits, samples);
  bits.align();
  bits.put(crc16(bits.written()), 16);
  return bits.bytes.slice(0, bits.length);
}

/**
 * A number as UTF-8 codes a letter (section 9.1.5); up to 16 bits, which are an hour and a half.
 *
 * @param {Bits} bits
 * @param {number} number
 */
function putNumber(bits, number) {
  if (number < 0x80) return bits.put(number, 8);
  const last = 0x80 | (number & 0x3f);
  if (number < 0x800) bits.put(0xc0 | (number >> 6), 8);
  else bits.put(0xe080 | ((number >> 12) << 8) | ((number >> 6) & 0x3f), 16);
  bits.put(last, 8);
}

/**
 * The sound itself, in the cheapest of four ways (section 9.2).
 *
 * @param {Bits} bits
 * @param {Int16Array} all
 */
function putSubframe(bits, all) {
  const [first = 0] = all;
  if (all.every((sample) => sample === first)) {
    bits.put(0, 8);
    bits.put(first, 16);
    return;
  }
  // Some microphones have fewer bits than they say; what is always zero is left out.
  const empty = 31 - Math.clz32(lowestBit(all));
  const samples = empty ? all.map((sample) => sample >> empty) : all;
  const width = 16 - empty;
  /** @param {number} type */
  const putType = (type) => {
    bits.put((type << 1) | Number(empty > 0), 8);
    if (empty) bits.unary(empty - 1);
  };
  const fixed = code(samples, bestFixed(samples), width, 0);
  const predictor = samples.length > FEW_SAMPLES ? bestLinear(samples) : null;
  const linear = predictor && code(samples, predictor, width, PRECISION);
  const best = linear && linear.cost < fixed.cost ? linear : fixed;
  if (best.cost >= width * samples.length) {
    putType(1);
    for (const sample of samples) bits.put(sample, width);
    return;
  }
  const { coefficients, shift } = best.predictor;
  const order = coefficients.length;
  putType(best === linear ? 0x20 | (order - 1) : 0x08 | order);
  for (const sample of samples.subarray(0, order)) bits.put(sample, width);
  if (best === linear) {
    bits.put(PRECISION - 1, 4);
    bits.put(shift, 5);
    for (const coefficient of coefficients) bits.put(coefficient, PRECISION);
  }
  writeResidual(bits, best.residual, order, best.how);
}

/**
 * @param {Int16Array} samples not all zero
 * @returns {number} the lowest bit that is set in any of them
 */
function lowestBit(samples) {
  const used = samples.reduce((bits, sample) => bits | sample, 0);
  return used & -used;
}

/**
 * @param {Int16Array} samples
 * @param {import("./prediction.js").Predictor} predictor
 * @param {number} width bits of a sample
 * @param {number} precision bits a coefficient takes in the file
 */
function code(samples, predictor, width, precision) {
  const order = predictor.coefficients.length;
  const residual = miss(samples, predictor);
  const how = partition(residual, order);
  const cost = how.bits + order * (width + precision) + (precision ? 9 : 0);
  return { predictor, residual, how, cost };
}
