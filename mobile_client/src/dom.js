/** Make elements; text is always text, never markup. */

import { t } from "./i18n.js";

/** @typedef {Node | string | null | undefined | false} One */
/** @typedef {One | One[] | One[][]} Child */
/** @typedef {Record<string, any>} Props attributes; a false one is left out */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T | `${T}.${string}`} what an element, with its classes as CSS writes them: `p.lead`
 * @param {...(Child | Props)} parts what it holds, and one object at most of what else it has
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(what, ...parts) {
  const [tag = "", ...looks] = what.split(".");
  const element = /** @type {HTMLElementTagNameMap[T]} */ (document.createElement(tag));
  if (looks.length) element.className = looks.join(" ");
  const isProps = (/** @type {any} */ part) => part?.constructor === Object;
  for (const [name, value] of Object.entries(parts.find(isProps) ?? {})) {
    if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  fill(element, .../** @type {Child[]} */ (parts.filter((part) => !isProps(part))));
  return element;
}

/**
 * Replace what an element holds.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(.../** @type {Node[]} */ (children.flat(9).filter(Boolean)));
}

/**
 * Show a prompt's text as its language is written.
 *
 * @param {HTMLElement} element
 * @param {{text: string, language: string, direction: string}} prompt
 */
export function showText(element, { text, language, direction }) {
  element.lang = language;
  element.dir = direction;
  fill(element, text);
}

/**
 * Show words; the same again are not said twice by a screen reader.
 *
 * @param {Element} element
 * @param {string} words
 */
export function tell(element, words) {
  if (element.textContent !== words) fill(element, words);
}

/**
 * An element with the words of a key.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T | `${T}.${string}`} what
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(what, key, values) {
  return make(what, t(key, values));
}

/**
 * @param {string} text
 * @param {(event: Event) => unknown} click
 * @param {"" | `.${string}`} [look] its classes, as CSS writes them
 */
export function plainButton(text, click, look = "") {
  const made = make(`button${look}`, { type: "button" }, text);
  made.onclick = click;
  return made;
}

/**
 * A button with the words of a key.
 *
 * @param {string} key
 * @param {(event: Event) => unknown} click
 * @param {"" | `.${string}`} [look]
 */
export function button(key, click, look) {
  return plainButton(t(key), click, look);
}

/**
 * A copy of one of the page's templates, in words of this language. `data-words` is the key of an
 * element's text, `data-label` of its name for screen readers, `data-part` what this returns it as;
 * `data-go` is the screen to which a tap on it leads (src/main.js).
 *
 * @param {string} name
 * @param {Record<string, any>} [taps] by part: what a tap on it does
 * @returns {Record<string, any>} the parts; `view` is the whole of it
 */
export function copyOf(name, taps = {}) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(`view-${name}`));
  const view = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  /** @type {Record<string, any>} */
  const parts = { view };
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (view.querySelectorAll("*"))) {
    const { words, label, part } = one.dataset;
    if (words) one.textContent = t(words);
    if (label) one.ariaLabel = t(label);
    if (part) parts[part] = one;
    if (part && taps[part]) one.onclick = taps[part];
  }
  return parts;
}
