/** Pure: what one take goes through, from the first tap to kept or thrown away. */

/**
 * The phases. `idle`: nothing is recorded. `starting`: sound is taken already, the speaker waits for
 * the sign. `recording`: speak. `stopping`: the tail is taken. `review`: play, keep or again.
 * `saving`: being written to the phone's storage.
 *
 * @typedef {"idle" | "starting" | "recording" | "stopping" | "review" | "saving"} Phase
 */

/** @typedef {"interrupted" | "too-long" | "stopped-full"} EndNote why a take ended by itself */

/**
 * @typedef {object} Take
 * @property {Phase} phase
 * @property {number} take which attempt at this prompt, from 1
 * @property {"" | EndNote | "no-sound" | "gaps" | "full"} note why it ended, or what is wrong
 */

/**
 * `ready`: the sign to speak. `stop`: a tap, the prompt's bound, an interruption, a full phone.
 * `silence`, `sound`: nothing but zeros came, and then something. `recorded`: the sound is whole, or
 * has gaps. `nothing`: not a single frame of it was stored. `kept`: stored. `unkept`: the phone's
 * storage refused it.
 *
 * @typedef {{type: "tap" | "ready" | "silence" | "sound" | "recorded" | "gaps" | "nothing" | "keep"
 *   | "kept" | "unkept" | "again" | "next"} | {type: "stop", note: EndNote}} Event
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
      // The tail of a take that was ended already is missing then, which is told.
      if (phase === "stopping" && event.note === "stopped-full")
        return { ...now, note: event.note };
      if (phase !== "recording" && phase !== "starting") return now;
      return { ...now, phase: "stopping", note: event.note };
    case "silence":
      if (phase !== "recording" && phase !== "starting") return now;
      return { ...now, note: "no-sound" };
    case "sound":
      return now.note === "no-sound" ? { ...now, note: "" } : now;
    case "recorded":
      return phase === "stopping" ? { ...now, phase: "review" } : now;
    case "gaps":
      return phase === "stopping" ? { ...now, phase: "review", note: now.note || "gaps" } : now;
    case "nothing":
      return phase === "stopping" || phase === "starting" ? { ...now, phase: "idle" } : now;
    case "keep":
      return phase === "review" ? { ...now, phase: "saving" } : now;
    case "unkept":
      return phase === "saving" ? { ...now, phase: "review", note: "full" } : now;
    case "kept":
      return phase === "saving" ? FIRST : now;
    case "again":
      return phase === "review" ? { phase: "idle", take: now.take + 1, note: "" } : now;
    case "next":
      return phase === "idle" ? FIRST : now;
  }
}
