/** Pure: write bits one after another, highest first, and the two check sums of FLAC (RFC 9639). */

export class Bits {
  /** @param {number} size bytes, never more than what will be written needs */
  constructor(size) {
    this.bytes = new Uint8Array(size);
    this.length = 0;
    this.held = 0;
    this.count = 0;
  }

  /**
   * @param {number} value its lowest bits are written; a negative one in two's complement
   * @param {number} bits 0 to 24: up to seven more are held, and all must fit 32
   */
  put(value, bits) {
    this.held = (this.held << bits) | (value & ((1 << bits) - 1));
    this.count += bits;
    while (this.count >= 8) {
      this.count -= 8;
      this.bytes[this.length++] = this.held >>> this.count;
    }
    this.held &= (1 << this.count) - 1;
  }

  /**
   * A number as so many zeros and a one.
   *
   * @param {number} value
   */
  unary(value) {
    let zeros = value;
    for (; zeros >= 24; zeros -= 24) this.put(0, 24);
    this.put(1, zeros + 1);
  }

  /** Fill the last byte with zeros. */
  align() {
    this.put(0, (8 - this.count) % 8);
  }

  /** The bytes that are whole so far. */
  written() {
    return this.bytes.subarray(0, this.length);
  }
}

/**
 * @param {number} polynomial without its highest bit
 * @param {number} width 8 or 16
 * @returns {(bytes: Uint8Array) => number}
 */
function checkSum(polynomial, width) {
  const mask = (1 << width) - 1;
  const top = 1 << (width - 1);
  const table = Uint16Array.from({ length: 256 }, (_, byte) => {
    let rest = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) rest = rest & top ? (rest << 1) ^ polynomial : rest << 1;
    return rest & mask;
  });
  return (bytes) => {
    let sum = 0;
    for (const byte of bytes) {
      sum = ((sum << 8) ^ /** @type {number} */ (table[(sum >> (width - 8)) ^ byte])) & mask;
    }
    return sum;
  };
}

/** Of a frame's header, section 9.1.8. */
export const crc8 = checkSum(0x07, 8);
/** Of a whole frame, section 9.3. */
export const crc16 = checkSum(0x8005, 16);
