/** Pure: which coverage cell a speaker falls in, the same as on the server (backend/speakers/cells.py). */

const BANDS = /** @type {const} */ ([
  [18, "under-18"],
  [30, "18-29"],
  [40, "30-39"],
  [50, "40-49"],
  [60, "50-59"],
]);

/**
 * @param {Record<string, unknown>} answers
 * @param {string} dimension
 * @param {number} year of today
 */
function levelOf(answers, dimension, year) {
  const said = answers[dimension];
  const nothing = said === undefined || said === null || said === "";
  if (dimension === "age_band" && (nothing || said === "unknown")) {
    const born = answers.birth_year;
    if (typeof born !== "number") return born === "declined" ? "declined" : "unknown";
    return BANDS.find(([upper]) => year - born < upper)?.[1] ?? "60+";
  }
  return nothing ? "unknown" : String(said);
}

/**
 * @param {Record<string, unknown>} answers
 * @param {string[]} dimensions of the campaign
 * @param {number} year of today
 * @returns {string} `dimension=level`, joined by `|`
 */
export function cellKey(answers, dimensions, year) {
  return dimensions.map((name) => `${name}=${levelOf(answers, name, year)}`).join("|");
}
