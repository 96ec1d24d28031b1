/** Pure: cut the microphone's endless sound into the frames of takes, each from shortly before its tap. */

import { frameSize } from "./flac.js";
import { join } from "./pcm.js";

/** People speak before their finger is down. */
const BEFORE_S = 0.5;

export class Tape {
  /** @type {Int16Array[]} what was heard last, outside of takes */
  before = [];
  held = 0;
  hushed = false;
  recording = false;
  /** Samples of this take so far, and how many more it takes. */
  taken = 0;
  left = 0;
  number = 0;
  filled = 0;
  /** @type {Int16Array} */
  frame;

  /**
   * @param {number} rate Hz
   * @param {(samples: Int16Array, number: number) => void} write a frame is full, or a take's last
   * @param {() => void} ended a take is whole
   */
  constructor(rate, write, ended) {
    this.rate = rate;
    this.write = write;
    this.ended = ended;
    this.frame = new Int16Array(frameSize(rate));
  }

  /** @param {Int16Array} block what follows all that was pushed before */
  push(block) {
    if (!this.recording) return this.remember(block);
    const mine = block.subarray(0, this.left);
    this.left -= mine.length;
    this.taken += mine.length;
    for (let at = 0; at < mine.length; ) {
      const piece = mine.subarray(at, at + this.frame.length - this.filled);
      this.frame.set(piece, this.filled);
      this.filled += piece.length;
      at += piece.length;
      if (this.filled === this.frame.length) this.cut();
    }
    if (this.left > 0) return;
    if (this.filled) this.cut();
    this.recording = false;
    this.ended();
    // Never in two takes: what is left over may begin the next.
    this.remember(block.subarray(mine.length));
  }

  cut() {
    this.write(this.frame.slice(0, this.filled), this.number++);
    this.filled = 0;
  }

  /** @param {Int16Array} block */
  remember(block) {
    if (this.hushed || !block.length) return;
    this.before.push(block);
    this.held += block.length;
    const most = Math.round(BEFORE_S * this.rate);
    while (this.held - (this.before[0]?.length ?? 0) >= most) {
      this.held -= this.before.shift()?.length ?? 0;
    }
  }

  /** @param {boolean} hushed keep nothing: the phone itself is heard */
  hush(hushed) {
    this.hushed = hushed;
    if (hushed) this.forget();
  }

  forget() {
    this.before = [];
    this.held = 0;
  }

  /**
   * Begin a take with the last half second.
   *
   * @param {number} most samples at which it ends by itself
   * @returns {number} how many samples it has already
   */
  begin(most) {
    const before = join(this.before).slice(-Math.round(BEFORE_S * this.rate));
    this.forget();
    this.recording = true;
    this.taken = this.number = this.filled = 0;
    this.left = most;
    this.push(before);
    return before.length;
  }

  /** @param {number} tail end the take after so many more samples */
  end(tail) {
    if (!this.recording) return;
    this.left = Math.min(this.left, tail);
    if (!this.left) this.push(new Int16Array(0));
  }
}
