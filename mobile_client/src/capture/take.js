/** Pure: what one take goes through, from the first tap to kept or thrown away. */

/**
 * The phases. `idle`: nothing is recorded. `starting`: sound is taken already, the speaker waits for
 * the sign. `recording`: speak. `stopping`: the tail is taken. `review`: play, keep or again.
 * `saving`: being written to the phone's storage.
 *
 * @typedef {"idle" | "starting" | "recording" | "stopping" | "review" | "saving"} Phase
 */

/**
 * @typedef {object} Take
 * @property {Phase} phase
 * @property {number} take which attempt at this prompt, from 1
 * @property {"" | "interrupted" | "too-long" | "no-sound" | "full"} note why it ended, or what is wrong
 */

/**
 * `ready`: the sign to speak. `stop`: a tap, the prompt's bound, or an interruption. `recorded`: the
 * sound is whole. `kept`: stored. `unkept`: the phone's storage refused it.
 *
 * @typedef {{type: "tap" | "ready" | "recorded" | "keep" | "kept" | "again" | "next"}
 *   | {type: "stop", note: "interrupted" | "too-long"}
 *   | {type: "unkept", note: "full"}
 *   | {type: "silence"}} Event
 */

/** @type {Take} */
export const FIRST = { phase: "idle", take: 1, note: "" };

/**
 * Return the take after an event; an event that does not fit the phase changes nothing, because
 * taps come twice and timers late.
 *
 * @param {Take} now
 * @param {Event} event
 * @returns {Take}
 */
export function after(now, event) {
  const { phase } = now;
  switch (event.type) {
    case "tap":
      if (phase === "idle") return { ...now, phase: "starting", note: "" };
      if (phase === "recording") return { ...now, phase: "stopping" };
      return now;
    case "ready":
      return phase === "starting" ? { ...now, phase: "recording" } : now;
    case "stop":
      if (phase !== "recording" && phase !== "starting") return now;
      return { ...now, phase: "stopping", note: event.note };
    case "silence":
      return phase === "recording" ? { ...now, note: "no-sound" } : now;
    case "recorded":
      return phase === "stopping" ? { ...now, phase: "review" } : now;
    case "keep":
      return phase === "review" ? { ...now, phase: "saving" } : now;
    case "unkept":
      return phase === "saving" ? { ...now, phase: "review", note: event.note } : now;
    case "kept":
      return phase === "saving" ? FIRST : now;
    case "again":
      return phase === "review" ? { phase: "idle", take: now.take + 1, note: "" } : now;
    case "next":
      return phase === "idle" ? FIRST : now;
  }
}
