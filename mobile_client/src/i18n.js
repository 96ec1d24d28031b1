/** Words in the collector's language, from the JSON catalogues in i18n/. */

import { Problem } from "./api.js";

/** @type {Record<string, string>} */
export const LANGUAGES = { en: "English", es: "Español", ar: "العربية" };
const RIGHT_TO_LEFT = ["ar"];
const CHOICE = "fieldvoice-language";

/** @type {Record<string, string>} */
let words = {};
let current = "en";
let plurals = new Intl.PluralRules(current);

/** @returns {string} */
export function language() {
  return current;
}

/** @returns {string} the language chosen before, else the phone's, else English */
export function preferredLanguage() {
  const wanted = [localStorage.getItem(CHOICE) ?? "", ...navigator.languages];
  const known = wanted.map((tag) => tag.split("-")[0] ?? "").find((tag) => tag in LANGUAGES);
  return known ?? "en";
}

/** @param {string} tag */
async function readCatalogue(tag) {
  const answer = await fetch(`${new URL("../i18n", import.meta.url)}/${tag}.json`);
  return /** @type {Promise<Record<string, string>>} */ (answer.json());
}

/**
 * One catalogue is enough: a test holds every language to the keys of English.
 *
 * @param {string} tag
 */
export async function useLanguage(tag) {
  words = await readCatalogue(tag);
  current = tag;
  plurals = new Intl.PluralRules(tag);
  localStorage.setItem(CHOICE, tag);
  document.documentElement.lang = tag;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(tag) ? "rtl" : "ltr";
}

/**
 * @param {string} key
 * @returns {boolean} whether there are words for it
 */
export function known(key) {
  return key in words;
}

/**
 * The words for a key. Where a count is said (`n`), a language may have several forms: `key.one`,
 * `key.few`, ... as Intl.PluralRules calls them, with `key.other` for the rest.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values] for {names} in the text
 */
export function t(key, values = {}) {
  const form = "n" in values ? `${key}.${plurals.select(Number(values.n))}` : key;
  const text = words[form] ?? words[`${key}.other`] ?? words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => isolate(String(values[name] ?? "")));
}

/** @param {string} value a code or a range of numbers must not be turned by the words around it */
export function isolate(value) {
  return document.documentElement.dir === "rtl" ? `\u2068${value}\u2069` : value;
}

/**
 * What went wrong and what to do, in plain words.
 *
 * @param {unknown} error
 */
export function errorText(error) {
  if (error instanceof Problem) return problemText(error.slug);
  if (error instanceof DOMException) {
    if (error.name === "QuotaExceededError") return t("status.full");
    const key = `microphone.${error.name}`;
    return t(known(key) ? key : "microphone.other");
  }
  return t("problem.no-answer");
}

/** @param {string} slug */
export function problemText(slug) {
  const key = `problem.${slug}`;
  return t(known(key) ? key : "problem.other", { slug });
}

/**
 * The first reason's advice: in this language by its code, else in the server's words.
 *
 * @param {{hint: string, code: string, text?: string}[]} reasons
 */
export function hintText(reasons) {
  const [reason] = reasons;
  if (!reason) return "";
  for (const key of [`hint.${reason.hint}`, `reason.${reason.code}`]) {
    if (known(key)) return t(key);
  }
  return reason.text ?? "";
}
