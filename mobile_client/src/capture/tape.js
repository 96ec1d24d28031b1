/** Pure: cut the microphone's endless sound into the frames of takes, each from shortly before its tap. */

import { frameSize } from "./flac.js";
import { join } from "./pcm.js";

/** People speak before their finger is down. */
const BEFORE_S = 0.5;

/** @typedef {ReturnType<typeof startTape>} Tape */

/**
 * @param {number} rate Hz
 * @param {(samples: Int16Array, number: number) => void} write a frame is full, or a take's last
 * @param {() => void} ended a take is whole
 */
export function startTape(rate, write, ended) {
  const frame = new Int16Array(frameSize(rate));
  const most = Math.round(BEFORE_S * rate);
  /** @type {Int16Array[]} what was heard last, outside of takes */
  let before = [];
  let held = 0;
  let hushed = false;
  let recording = false;
  /** Samples of this take so far, and how many more it takes. */
  let taken = 0;
  let left = 0;
  let number = 0;
  let filled = 0;

  /** @param {Int16Array} block what follows all that was pushed before */
  function push(block) {
    if (!recording) return remember(block);
    const mine = block.subarray(0, left);
    left -= mine.length;
    taken += mine.length;
    for (let at = 0; at < mine.length; ) {
      const piece = mine.subarray(at, at + frame.length - filled);
      frame.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled === frame.length) cut();
    }
    if (left > 0) return;
    if (filled) cut();
    recording = false;
    ended();
    // Never in two takes: what is left over may begin the next.
    remember(block.subarray(mine.length));
  }

  function cut() {
    write(frame.slice(0, filled), number++);
    filled = 0;
  }

  /** @param {Int16Array} block */
  function remember(block) {
    if (hushed || !block.length) return;
    before.push(block);
    held += block.length;
    while (held - (before[0]?.length ?? 0) >= most) {
      held -= before.shift()?.length ?? 0;
    }
  }

  function forget() {
    before = [];
    held = 0;
  }

  return {
    push,

    /** @returns {number} samples of the take that is recorded, or of the last one */
    taken: () => taken,

    /** @param {boolean} on keep nothing: the phone itself is heard */
    hush(on) {
      hushed = on;
      if (on) forget();
    },

    /**
     * Begin a take with the last half second.
     *
     * @param {number} longest samples at which it ends by itself
     * @returns {number} how many samples it has already
     */
    begin(longest) {
      const early = join(before).slice(-most);
      forget();
      recording = true;
      taken = number = filled = 0;
      left = longest;
      push(early);
      return early.length;
    },

    /** @param {number} tail end the take after so many more samples */
    end(tail) {
      if (!recording) return;
      left = Math.min(left, tail);
      if (!left) push(new Int16Array(0));
    },
  };
}
