/** Pure: how large a prompt is set, by its script and length, so that it fits the place it has. */

/**
 * Of each script: how wide a letter is on average and how tall a line must be, in letter heights, so
 * that marks above and below are not cut; and the smallest size at which it is read in the sun.
 *
 * @type {[RegExp, number, number, number][]}
 */
const SCRIPTS = [
  [/[\u3040-\u30ff\u3400-\u9fff]/, 1, 1.4, 1], // Han, Kana
  [/[\uac00-\ud7af]/, 0.9, 1.45, 1.1], // Hangul
  [/[\u1200-\u139f]/, 0.78, 1.5, 1.2], // Ethiopic
  [/[\u0f00-\u109f\u1780-\u17ff]/, 0.85, 1.9, 1.2], // Tibetan, Myanmar, Khmer
  [/[\u0e00-\u0eff]/, 0.6, 1.65, 1.25], // Thai, Lao
  [/[\u0600-\u07bf]/, 0.5, 1.65, 1.15], // Arabic, Syriac, Thaana
  [/[\u0900-\u0b7f]/, 0.68, 1.6, 1.25], // Devanagari to Oriya
  [/[\u0b80-\u0dff]/, 0.9, 1.6, 1.15], // Tamil to Sinhala
];
/** Latin, Greek, Cyrillic, Hebrew and whatever else is written like them. */
const ALPHABET = /** @type {const} */ ([0.57, 1.32, 1.15]);
/** Urdu and Kashmiri hang their words from a slope. */
const SLOPING = /^(ur|ks)\b/;
const LARGEST = 2.5;
/** Written without spaces between words: a line is broken anywhere, or by a dictionary. */
const UNSPACED = /[\u0e00-\u109f\u1780-\u17ff\u3040-\u9fff]/;
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
