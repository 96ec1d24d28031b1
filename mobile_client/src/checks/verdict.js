/**
 * Judge measures by a quality profile's rules: the same rules, the same verdict as on the server.
 *
 * The server's half is backend/quality/verdict.py; tests/vectors/quality_profile.json holds both to
 * the same answers.
 */

/**
 * @typedef {object} Rule
 * @property {string} code what is wrong
 * @property {string} measure the number it looks at
 * @property {"<"|"<="|">"|">="|"=="} op the rule fires when `value op threshold` is true
 * @property {number} threshold in the measure's unit
 * @property {"reject"|"review"|"hint"} severity
 * @property {("phone"|"server")[]} where who asks the rule
 * @property {string} hint code of the advice to the speaker
 * @property {string[]} [kinds] kinds of prompt it is for; absent = every kind
 */

/**
 * @typedef {object} Reason
 * @property {string} code
 * @property {string} measure
 * @property {number} value
 * @property {number} threshold
 * @property {"reject"|"review"|"hint"} severity
 * @property {string} hint
 */

/**
 * @typedef {object} Verdict
 * @property {"pass"|"review"|"reject"} outcome
 * @property {Reason[]} reasons gravest first
 */

/** @type {Record<string, (value: number, threshold: number) => boolean>} */
const COMPARE = {
  "<": (value, threshold) => value < threshold,
  "<=": (value, threshold) => value <= threshold,
  ">": (value, threshold) => value > threshold,
  ">=": (value, threshold) => value >= threshold,
  "==": (value, threshold) => value === threshold,
};

/** @type {Record<Rule["severity"], number>} */
const GRAVITY = { reject: 0, review: 1, hint: 2 };

/** @type {Record<Rule["severity"], Verdict["outcome"]>} */
const OUTCOME = { reject: "reject", review: "review", hint: "pass" };

/**
 * Return the verdict of `rules` on `measures`.
 *
 * Only rules for this place and this kind of prompt are asked; a rule for certain kinds is not asked
 * when the kind is unknown. A rule whose measure is missing, no number, NaN or infinite is not asked
 * either: it neither passes nor fails a take. One reason is given per code, the gravest; reasons
 * stand gravest first, then in the profile's order. Hints leave the outcome a pass.
 *
 * @param {Record<string, unknown>} measures
 * @param {Rule[]} rules
 * @param {{kind?: string | null, where?: "phone" | "server"}} [asked]
 * @returns {Verdict}
 */
export function judge(measures, rules, { kind = null, where = "phone" } = {}) {
  /** @type {Map<string, Reason>} */
  const fired = new Map();
  for (const rule of rules) {
    if (!rule.where.includes(where)) continue;
    if (rule.kinds?.length && (kind === null || !rule.kinds.includes(kind))) continue;
    const value = Object.hasOwn(measures, rule.measure) ? measures[rule.measure] : undefined;
    const compare = COMPARE[rule.op];
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    if (!compare?.(value, rule.threshold)) continue;
    const before = fired.get(rule.code);
    if (before && GRAVITY[before.severity] <= GRAVITY[rule.severity]) continue;
    // Deleted first, so that a graver rule stands where the profile has it, not where the milder was.
    fired.delete(rule.code);
    const { code, measure, threshold, severity, hint } = rule;
    fired.set(code, { code, measure, value, threshold, severity, hint });
  }
  const reasons = [...fired.values()].sort((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);
  return { outcome: OUTCOME[reasons[0]?.severity ?? "hint"], reasons };
}
