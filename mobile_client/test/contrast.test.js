/** Every colour of text stands out in the sun: WCAG AAA, 7:1 on every ground it is written on. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../style.css", import.meta.url), "utf8");
const [light = "", dark = ""] = css.match(/:root \{[^}]*\}/g) ?? [];

/** @param {string} block
 * @returns {Record<string, string>} */
const palette = (block) =>
  Object.fromEntries(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((m) => m.slice(1, 3)),
  );

/** @param {string} colour */
function luminance(colour) {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {string} [one]
 * @param {string} [other] */
function contrast(one = "#000000", other = "#000000") {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

for (const [name, block] of Object.entries({ light, dark })) {
  const colours = palette(block);

  test(`text is readable in the ${name} scheme`, () => {
    for (const text of ["ink", "soft", "amber", "red", "green"]) {
      for (const ground of ["paper", "field", ...(text === "ink" ? ["wash"] : [])]) {
        const ratio = contrast(colours[text], colours[ground]);
        assert.ok(ratio >= 7, `${text} on ${ground}: ${ratio.toFixed(1)}`);
      }
    }
    for (const [text, ground] of [
      ["on-green", "green"],
      ["paper", "red"],
    ]) {
      const ratio = contrast(colours[text ?? ""], colours[ground ?? ""]);
      assert.ok(ratio >= 7, `${text} on ${ground}: ${ratio.toFixed(1)}`);
    }
  });

  test(`edges of controls are seen in the ${name} scheme`, () => {
    for (const edge of ["line", "green", "red", "record"]) {
      assert.ok(contrast(colours[edge], colours.paper) >= 3, edge);
      assert.ok(contrast(colours[edge], colours.field) >= 3, edge);
    }
  });
}

test("text has no colour beside the palette", () => {
  const rest = css.replace(light, "").replace(dark, "");
  const colours = [...rest.matchAll(/[\s;{](?:color|background): ([^;]+);/g)].map(
    (m) => m[1] ?? "",
  );
  const odd = colours.filter(
    (value) => !/^(var\(|inherit|transparent|\s)|gradient|^rgb\(0 0 0/.test(value),
  );
  assert.deepEqual(odd, []);
});
