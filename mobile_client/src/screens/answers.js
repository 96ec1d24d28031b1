/** The words for what campaigns ask speakers, and for what they answer. */

import { known, t } from "../i18n.js";

/** Not knowing and not saying are answers. */
export const NOT_SAID = ["unknown", "declined"];

/**
 * @param {"field" | "answer"} kind
 * @param {string} name
 */
function words(kind, name) {
  const key = `${kind}.${name}`;
  return known(key) ? t(key) : name.replaceAll("_", " ");
}

/** @param {string} name */
export const fieldWords = (name) => words("field", name);

/** @param {unknown} answer */
export const answerWords = (answer) =>
  (Array.isArray(answer) ? answer : [answer]).map((one) => words("answer", String(one))).join(", ");
