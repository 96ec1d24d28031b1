/** Pure: when to say a hot word again; it only paces the speaker, the sound is recorded throughout. */

/** Seconds of quiet between two times, so that they can be told apart. */
const PAUSE = 1.2;
/** A word begins late and ends late: time beside its letters. */
const AROUND = 0.9;
const PER_LETTER = 0.08;

/**
 * @param {number} seconds since the sign to speak
 * @param {{text: string, repeats: number, max_seconds: number}} prompt
 * @returns {{n: number, say: boolean}} which time it is, from 1; n is repeats + 1 when all are said
 */
export function beatAt(seconds, { text, repeats, max_seconds }) {
  const word = AROUND + PER_LETTER * [...text].length;
  // All of them must fit the prompt's time.
  const slower = Math.min(1, (max_seconds * 0.9) / ((word + PAUSE) * repeats));
  const each = (word + PAUSE) * slower;
  const n = Math.min(repeats, Math.floor(seconds / each)) + 1;
  return { n, say: n <= repeats && seconds % each < word * slower };
}
