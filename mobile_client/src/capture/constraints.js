/** Pure: what is asked of a microphone, by engine: the voice as it is, without "improvements". */

/** The browser's voice processing; it changes the sound for ever and shifts it in time. */
const PROCESSING = ["echoCancellation", "noiseSuppression", "autoGainControl", "voiceIsolation"];

/**
 * Return the constraints. Processing is on unless it is refused by name, and only what the engine
 * knows is sent, so that what is stored as asked was really asked (WebKit knows echoCancellation
 * alone). An iPad gets no such word: there, refusing makes the sound so quiet that speech drowns in
 * hiss (WebSpeechRecorder, 2023-09-27); an iPhone does not have that fault.
 *
 * @param {string} agent the browser's name for itself
 * @param {number} fingers navigator.maxTouchPoints: an iPad calls itself a Macintosh, which has none
 * @param {Record<string, any>} known navigator.mediaDevices.getSupportedConstraints()
 * @returns {Record<string, boolean | number>}
 */
export function asked(agent, fingers, known) {
  const pad = /\biPad\b/.test(agent) || (/\bMacintosh\b/.test(agent) && fingers > 1);
  const names = pad ? [] : PROCESSING.filter((name) => known[name]);
  return { ...Object.fromEntries(names.map((name) => [name, false])), channelCount: 1 };
}

/** A Bluetooth headset sends the voice at 8 or 16 kHz: what is cut off never comes back. */
export const NARROW_HZ = 32000;

/**
 * Return the settings without the ids by which a microphone could be recognised elsewhere.
 *
 * @param {Record<string, any>} settings
 * @returns {Record<string, unknown>}
 */
export function plainSettings({ deviceId, groupId, ...plain }) {
  return plain;
}
