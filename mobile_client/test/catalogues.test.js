/** Every language has every word, and every word the code asks for is there. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { LANGUAGES } from "../src/i18n.js";

/** @param {string} path
 * @returns {any} */
const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const english = read("../i18n/en.json");

for (const tag of Object.keys(LANGUAGES)) {
  const words = read(`../i18n/${tag}.json`);

  test(`${tag} has the same words as English`, () => {
    assert.deepEqual(Object.keys(words), Object.keys(english));
  });

  test(`${tag} keeps the places of values`, () => {
    const places = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].flat().sort();
    for (const [key, text] of Object.entries(english)) {
      assert.deepEqual(places(words[key]), places(text), key);
    }
  });
}

test("every word that the code names is in the catalogue", () => {
  const source = new URL("../src/", import.meta.url);
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".js")) continue;
    const text = readFileSync(new URL(name, source), "utf8");
    for (const [, key] of text.matchAll(/\bt\("([^"]+)"/g)) {
      assert.ok(key && key in english, `${name}: ${key}`);
    }
  }
});

test("every hint of the default profile has words", () => {
  for (const { hint } of read("../../backend/campaigns/default_profile.json")) {
    assert.ok(`hint.${hint}` in english, hint);
  }
});
