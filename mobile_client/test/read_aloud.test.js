/** A consent is read by a voice of its own language, or not at all. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { voiceFor } from "../src/read_aloud.js";

/** @param {string} lang @param {boolean} [localService] */
const voice = (lang, localService = true) => ({ lang, localService });

test("no voice of another language reads a consent", () => {
  assert.equal(voiceFor([voice("en-GB"), voice("de-DE")], "sw"), undefined);
});

test("the same region comes first, any region of the language will do", () => {
  const voices = [voice("es-ES"), voice("es_MX")];
  assert.equal(voiceFor(voices, "es-MX")?.lang, "es_MX");
  assert.equal(voiceFor(voices, "es-AR")?.lang, "es-ES");
});

test("a voice that needs a network is the last choice", () => {
  const voices = [voice("ar-EG", false), voice("ar-SA")];
  assert.equal(voiceFor(voices, "ar-EG")?.lang, "ar-SA");
});
