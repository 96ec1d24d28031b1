/** Pure: a speaker's spoken name, the same on phone and server (backend/speakers/codes.py). */

const CONSONANTS = "bdfghjklmnprstvz";
const VOWELS = "aeiu";

/**
 * Return two words of two syllables from the id's last 24 bits, such as `bako-leti`.
 *
 * @param {string} id a UUID
 * @returns {string}
 */
export function speakerCode(id) {
  const bits = Number.parseInt(id.replaceAll("-", "").slice(-6), 16);
  const [a, b, c, d] = [18, 12, 6, 0].map((shift) => {
    const six = (bits >> shift) & 0x3f;
    return CONSONANTS.charAt(six >> 2) + VOWELS.charAt(six & 3);
  });
  return `${a}${b}-${c}${d}`;
}
