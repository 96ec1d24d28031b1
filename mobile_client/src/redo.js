/** Which prompts are to be recorded again, and the way there. */

/** @typedef {import("./tables.js").Clip} Clip */

/**
 * Pure: why a clip's prompt is wanted again, or null.
 *
 * @param {Pick<Clip, "state" | "verdict" | "redo">} clip
 */
export function redoReasons({ state, verdict, redo }) {
  if (state !== "confirmed") return null;
  return redo ?? (verdict?.outcome === "reject" ? verdict.reasons : null);
}

/**
 * Pure: the clips whose prompts are wanted again and were not recorded since, newest first.
 *
 * @param {Clip[]} clips in the order of time
 * @returns {Clip[]}
 */
export function toRedo(clips) {
  /** @type {Map<string, Clip>} */
  const latest = new Map();
  for (const clip of clips) {
    if (["recording", "review", "withdrawn"].includes(clip.state)) continue;
    const place = `${clip.speaker} ${clip.prompt.id}`;
    latest.delete(place);
    latest.set(place, clip);
  }
  return [...latest.values()].filter(redoReasons).reverse();
}

/**
 * Go and record a prompt again: the phone first changes hands to its speaker.
 *
 * @param {import("./app.js").App} app
 * @param {string} speaker
 * @param {import("./api.js").Prompt} prompt
 */
export function recordAgain(app, speaker, prompt) {
  return app.go("handover", { speaker, prompt });
}
