/** What a session says of the phone names the phone, never its owner. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { osOf, plainLabel } from "../src/phone_facts.js";

test("a headset's label loses its owner's name", () => {
  assert.equal(plainLabel("Anna's AirPods"), "AirPods");
  assert.equal(plainLabel("Anna’s AirPods Pro"), "AirPods Pro");
  assert.equal(plainLabel("AirPods de Ana María"), "AirPods");
  assert.equal(plainLabel("iPhone Microphone"), "iPhone Microphone");
  assert.equal(plainLabel("Fake Audio Input 1"), "Fake Audio Input 1");
});

test("the system is read from the user agent", () => {
  const android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36";
  const apple = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15";
  assert.equal(osOf(android), "Linux; Android 10");
  assert.equal(osOf(apple), "iPhone; CPU iPhone OS 17_5 like Mac OS X");
  assert.equal(osOf(""), "");
});
