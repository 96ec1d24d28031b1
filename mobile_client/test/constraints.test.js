/** What a microphone is asked for, by engine. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, plainSettings } from "../src/capture/constraints.js";

const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";
const MAC = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${SAFARI}`;
const IPHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${SAFARI}`;
const ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0 Mobile";

test("processing is refused by every name that the engine knows", () => {
  const known = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  assert.deepEqual(asked(ANDROID, 5, known), {
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
    channelCount: 1,
  });
  assert.deepEqual(asked(IPHONE, 5, { echoCancellation: true }), {
    echoCancellation: false,
    channelCount: 1,
  });
});

test("an iPad is asked for none of it: it would be too quiet", () => {
  assert.deepEqual(asked(MAC, 5, { echoCancellation: true }), { channelCount: 1 });
  assert.deepEqual(asked(MAC, 0, { echoCancellation: true }), {
    echoCancellation: false,
    channelCount: 1,
  });
});

test("settings are kept without what would tell one microphone from all others", () => {
  const got = { deviceId: "a", groupId: "b", sampleRate: 48_000, echoCancellation: false };
  assert.deepEqual(plainSettings(got), { sampleRate: 48_000, echoCancellation: false });
});
