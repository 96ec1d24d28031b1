/** On iPhone and iPad nothing is recorded in a tab. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { mustInstall } from "../src/install_rule.js";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const CHROME_ON_IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1";
const MAC_OR_IPAD =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";
const ANDROID =
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";

/**
 * @param {string} agent
 * @param {number} [touchPoints]
 * @param {boolean} [standalone]
 */
const asked = (agent, touchPoints = 5, standalone = false) =>
  mustInstall({ agent, touchPoints, standalone });

test("a tab on an iPhone must be installed, whichever browser shows it", () => {
  assert.equal(asked(IPHONE), true);
  assert.equal(asked(CHROME_ON_IPHONE), true);
});

test("an iPad that says it is a Mac is found out by its touch screen", () => {
  assert.equal(asked(MAC_OR_IPAD, 5), true);
  assert.equal(asked(MAC_OR_IPAD, 0), false);
});

test("the installed app records, and so does Android's tab", () => {
  assert.equal(asked(IPHONE, 5, true), false);
  assert.equal(asked(ANDROID), false);
});
