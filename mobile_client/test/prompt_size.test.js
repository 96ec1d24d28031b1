/** A prompt is as large as its place allows, and readable in every script. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { promptSize } from "../src/prompt_size.js";

const PHONE = { width: 20.5, height: 15 };
/** @param {string} text @param {number} letters */
const long = (text, letters) => text.repeat(Math.ceil(letters / text.length)).slice(0, letters);

test("a few words are large, many are small, and beyond 200 letters they stay readable", () => {
  const sizes = [10, 60, 120, 200, 400, 2000].map(
    (letters) => promptSize(long("my sister bought rice ", letters), "en", PHONE).size,
  );
  assert.equal(sizes[0], 2.5);
  assert.deepEqual(
    [...sizes].sort((a, b) => b - a),
    sizes,
  );
  assert.equal(sizes.at(-1), 1.15);
  assert.ok(Number(sizes[3]) > 1.2);
});

test("scripts with marks above and below get taller lines", () => {
  const line = (/** @type {string} */ text, language = "und") =>
    promptSize(text, language, PHONE).line;
  const latin = line("The bus to the market");
  for (const text of [
    "बाज़ार की बस",
    "الحافلة إلى السوق",
    "รถเมล์ไปตลาด",
    "去市场的公交车",
    "ወደ ገበያ",
  ]) {
    assert.ok(line(text) > latin, text);
  }
  assert.ok(line("بازار کی بس", "ur") > line("بازار کی بس", "fa"));
});

test("200 letters of any script are computed to fit a small phone", () => {
  const words = [
    "the bus leaves ",
    "बाज़ार की बस ",
    "الحافلة إلى السوق ",
    "รถเมล์ไปตลาด",
    "去市场的公交车",
    "ወደ ገበያ ሄደች ",
  ];
  for (const word of words) {
    const text = long(word, 200);
    const { size, line } = promptSize(text, "und", PHONE);
    assert.ok(size >= 1, word);
    const letters = [...text.replace(/\p{M}/gu, "")].length;
    // At the widths counted for the script, which the browser test looks at in real type.
    assert.ok(letters * size * size * line * 0.45 <= PHONE.width * PHONE.height, word);
  }
});

test("a long word is set so that it fits a line", () => {
  const word = "Rechtsschutzversicherungen";
  const { size } = promptSize(word, "de", PHONE);
  assert.ok(word.length * size * 0.57 <= PHONE.width);
});

test("an empty text has a size too", () => {
  assert.ok(promptSize("", "en", PHONE).size > 0);
});
