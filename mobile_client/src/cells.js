/** Pure: which coverage cell a speaker falls in, the same as on the server (backend/speakers/cells.py). */

/**
 * What the pack says of them; `bands`: the plan's age bands.
 *
 * @typedef {object} Plan
 * @property {string[]} [dimensions]
 * @property {{name: string, from: number, to: number}[]} [bands]
 */

/**
 * Where somebody sits, and on what they record, is no answer of theirs: unknown until they do.
 *
 * @param {Record<string, unknown>} answers
 * @param {Plan} plan
 * @param {number} year of today
 * @returns {string} `dimension=level`, joined by `|`
 */
export function cellKey(answers, { dimensions = [], bands = [] }, year) {
  const levels = dimensions.map((name) => {
    let level = String([answers[name]].flat()[0] || "unknown");
    if (name === "age_band" && level === "unknown") {
      const born = answers.birth_year;
      if (born === "declined") level = born;
      if (typeof born === "number") {
        const age = year - born;
        level = bands.find(({ from, to }) => age >= from && age <= to)?.name ?? "outside";
      }
    }
    return `${name}=${level}`;
  });
  return levels.join("|");
}
