/** Pure: how large a prompt is set, by its script and length, so that it fits the place it has. */

/**
 * Of each script: how wide a letter is on average and how tall a line must be, in letter heights, so
 * that marks above and below are not cut; and the smallest size at which it is read in the sun.
 *
 * @type {[RegExp, number, number, number][]}
 */
const SCRIPTS = [
  [/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u, 1, 1.4, 1],
  [/\p{Script=Hangul}/u, 0.9, 1.45, 1.1],
  [/\p{Script=Ethiopic}/u, 0.78, 1.5, 1.2],
  [/[\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Tibetan}]/u, 0.85, 1.9, 1.2],
  [/[\p{Script=Thai}\p{Script=Lao}]/u, 0.6, 1.65, 1.25],
  [/[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u, 0.5, 1.65, 1.15],
  [
    /[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}]/u,
    0.68,
    1.6,
    1.25,
  ],
  [
    /[\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}]/u,
    0.9,
    1.6,
    1.15,
  ],
];
/** Latin, Greek, Cyrillic, Hebrew and whatever else is written like them. */
const ALPHABET = /** @type {const} */ ([0.57, 1.32, 1.15]);
/** Urdu and Kashmiri hang their words from a slope. */
const SLOPING = /^(ur|ks)\b/;
const LARGEST = 2.5;
/** Written without spaces between words: a line is broken anywhere, or by a dictionary. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
/** Lines break between words, so that the last word of each leaves a gap. */
const RAGGED = 0.9;

/**
 * Return the size in root letter heights (rem) and the line height in its own.
 *
 * @param {string} text
 * @param {string} language
 * @param {{width: number, height: number}} place in rem
 * @returns {{size: number, line: number, least: number}} least: below it, it is better scrolled
 */
export function promptSize(text, language, { width, height }) {
  const found = SCRIPTS.find(([letters]) => letters.test(text));
  const [wide, tall, least] = found ? [found[1], found[2], found[3]] : ALPHABET;
  const line = SLOPING.test(language) ? 2.2 : tall;
  // Marks sit on their letters and take no width.
  const letters = Math.max(1, [...text.replace(/\p{M}/gu, "")].length);
  const ragged = /\s/.test(text.trim()) ? RAGGED : 0.97;
  const area = Math.sqrt((width * height * ragged) / (letters * wide * line));
  const longest = Math.max(
    ...text.split(/\s+/).map((word) => [...word.replace(/\p{M}/gu, "")].length),
  );
  // A word that is broken is read wrongly: it rather fits a line, where that leaves it readable.
  const word = UNSPACED.test(text) ? LARGEST : (width * 0.97) / (longest * wide * 1.05);
  const size = Math.max(least, Math.min(LARGEST, area, Math.max(word, least)));
  return { size: Math.round(size * 100) / 100, line, least };
}
