/** Which prompts are to be recorded again, and the way there. */

import { validConsent } from "./consents.js";
import * as db from "./db.js";

/**
 * Pure: why a clip's prompt is wanted again, or null.
 *
 * @param {db.Clip} clip
 */
export function redoReasons({ state, verdict, redo }) {
  if (state !== "confirmed") return null;
  return redo ?? (verdict?.outcome === "reject" ? verdict.reasons : null);
}

/**
 * Pure: the clips whose prompts are wanted again and were not recorded since, newest first.
 *
 * @param {db.Clip[]} clips in the order of time
 * @returns {db.Clip[]}
 */
export function toRedo(clips) {
  /** @type {Map<string, db.Clip>} */
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
 * Go and record a prompt again with its speaker, who may first have to agree again.
 *
 * @param {import("./app.js").App} app
 * @param {string} speaker
 * @param {import("./api.js").Prompt} prompt
 */
export async function recordAgain(app, speaker, prompt) {
  const [row, consents] = await Promise.all([db.get("speakers", speaker), db.all("consents")]);
  if (!row) return;
  const consent = validConsent(consents, app.pack?.consent_forms ?? [], speaker);
  if (consent) await app.go("record", { speaker: row, consent, prompt });
  else await app.go("consent", { speaker: row });
}
