/** Pure: the time a text takes to say; backend/quality/speaking_time.py says why, in the same numbers. */

/** @type {[RegExp, number][]} seconds of speech a character, by the first that fits */
const SECONDS = [
  [/\p{Nd}/u, 0.3],
  [/\p{Zs}/u, 0.062],
  [/\P{L}/u, 0],
  [/\p{sc=Latn}/u, 0.062],
  [/\p{sc=Cyrl}/u, 0.07],
  [/\p{sc=Grek}/u, 0.068],
  [/\p{sc=Arab}|\p{sc=Hebr}/u, 0.085],
  [/\p{sc=Hani}/u, 0.2],
  [/\p{sc=Hira}|\p{sc=Kana}/u, 0.13],
  [/\p{sc=Hang}/u, 0.17],
  [/\p{sc=Ethi}/u, 0.15],
  [/\p{sc=Thai}|\p{sc=Laoo}|\p{sc=Mymr}|\p{sc=Khmr}/u, 0.075],
  [/./su, 0.08],
];
const SHORTEST_S = 1.2;

/**
 * Return the seconds a reader needs for `text` said `repeats` times, or null when the text is too
 * short to tell.
 *
 * @param {string} text
 * @param {number} [repeats]
 * @returns {number | null}
 */
export function expectedSeconds(text, repeats = 1) {
  let total = 0;
  for (const character of text.normalize("NFC")) {
    total += SECONDS.find(([script]) => script.test(character))?.[1] ?? 0;
  }
  return total < SHORTEST_S ? null : total * repeats;
}
