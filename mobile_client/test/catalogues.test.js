/** Every language has every word in every form it needs, and every word the code asks for is there. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { errorText, LANGUAGES } from "../src/i18n.js";

/** @param {string} path
 * @returns {any} */
const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
/** @type {Record<string, string>} */
const english = read("../i18n/en.json");

/** The keys that are said with a count: English has `key.one` and `key.other`. */
const counted = Object.keys(english)
  .filter((key) => key.endsWith(".one") && `${key.slice(0, -4)}.other` in english)
  .map((key) => key.slice(0, -4));
const FORM = /\.(zero|one|two|few|many|other)$/;
/** @param {string} key */
const isForm = (key) => FORM.test(key) && counted.includes(key.replace(FORM, ""));
/** @param {string} text */
const places = (text) => [...text.matchAll(/\{\w+\}/g)].flat().sort();

/** @param {string} tag
 * @returns {string[]} the forms that counts from 0 to 200 need in the language */
function formsOf(tag) {
  const rules = new Intl.PluralRules(tag);
  const counts = [...Array(201).keys()];
  return [...new Set([...counts.map((count) => rules.select(count)), "other"])];
}

for (const tag of Object.keys(LANGUAGES)) {
  /** @type {Record<string, string>} */
  const words = read(`../i18n/${tag}.json`);
  const forms = formsOf(tag);

  test(`${tag} has the words of English, none missing and none of its own`, () => {
    const plain = (/** @type {Record<string, string>} */ all) =>
      Object.keys(all).filter((key) => !isForm(key));
    const needed = counted.flatMap((key) => forms.map((form) => `${key}.${form}`));
    assert.deepEqual(Object.keys(words).sort(), [...plain(english), ...needed].sort());
    const empty = Object.keys(words).filter(
      (key) => !words[key] && !key.startsWith("placeholder."),
    );
    assert.deepEqual(empty, []);
  });

  test(`${tag} keeps the places of values`, () => {
    for (const [key, text] of Object.entries(words)) {
      const form = FORM.exec(key)?.[1] ?? "";
      const said = isForm(key) ? key.replace(FORM, ".other") : key;
      const asked = places(english[said] ?? "");
      // A form for exactly none, one or two may say the number in its word.
      const exact = isForm(key) && ["zero", "one", "two"].includes(form);
      const got = exact && !text.includes("{n}") ? [...places(text), "{n}"].sort() : places(text);
      assert.deepEqual(got, asked, key);
    }
  });
}

test("every word that the code names is in the catalogue", () => {
  const source = new URL("../src/", import.meta.url);
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".js")) continue;
    const text = readFileSync(new URL(name, source), "utf8");
    for (const [, key] of text.matchAll(/\b(?:(?:t|button)\(|say\("[^"]+", )"([^"]+)"/g)) {
      assert.ok(key && (key in english || counted.includes(key)), `${name}: ${key}`);
    }
  }
});

test("every word that the page's templates name is in the catalogue", () => {
  const page = readFileSync(new URL("../index.html", import.meta.url), "utf8");
  const named = [...page.matchAll(/\bdata-(?:words|label)="([^"]*)"/g)].map(([, key]) => key ?? "");
  assert.ok(named.length > 100);
  assert.deepEqual(
    named.filter((key) => !(key in english)),
    [],
  );
});

test("every button of a template leads to a screen that there is", () => {
  const page = readFileSync(new URL("../index.html", import.meta.url), "utf8");
  const main = readFileSync(new URL("../src/main.js", import.meta.url), "utf8");
  const [, screens = ""] = main.match(/new App\(place, \{(.*?)\}\)/s) ?? [];
  for (const [, name] of page.matchAll(/\bdata-go="([^"]+)"/g)) {
    assert.match(screens, new RegExp(`\\b${name}\\b`));
  }
});

test("every hint of the default profile has words", () => {
  for (const { hint } of read("../../backend/campaigns/default_profile.json")) {
    assert.ok(`hint.${hint}` in english, hint);
  }
});

test("a full phone is not taken for a microphone that fails", () => {
  assert.equal(errorText(new DOMException("", "QuotaExceededError")), "status.full");
  assert.equal(errorText(new DOMException("", "NotFoundError")), "microphone.other");
});
