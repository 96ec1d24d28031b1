/** One answer of several, as large as a finger. */

import { make } from "./dom.js";

/**
 * @param {string} name of the question
 * @param {string} value
 * @param {string} words
 * @param {boolean} [checked]
 */
export function chip(name, value, words, checked = false) {
  const id = `${name}-${value}`;
  return make(
    "span.chip",
    make("input", { type: "radio", id, name, value, checked }),
    make("label", { for: id }, words),
  );
}
