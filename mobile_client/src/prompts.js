/** Pure: which prompt comes next for a speaker, chosen on the phone from the pack. */

/** @typedef {import("./api.js").Prompt} Prompt */

/**
 * Return the prompts a speaker has not recorded, in the pack's order. Each speaker starts at another
 * place, so that a list longer than a session is covered evenly; with a network the server chooses
 * (backend/coverage/prompt_choice.py).
 *
 * @param {Prompt[]} prompts
 * @param {string} speaker a UUID
 * @param {Set<string>} done ids of the prompts that are recorded
 * @returns {Prompt[]}
 */
export function openPrompts(prompts, speaker, done) {
  // Of an empty list there is no remainder, and without one no piece of it.
  const start = Number.parseInt(speaker.replaceAll("-", "").slice(-6), 16) % prompts.length;
  const turned = [...prompts.slice(start), ...prompts.slice(0, start)];
  return turned.filter((prompt) => !done.has(prompt.id));
}

/**
 * Return the queue after the server's own choice came: the prompt on the screen stays.
 *
 * @param {Prompt[]} queue
 * @param {Prompt[]} chosen by the server
 * @param {Set<string>} done
 * @returns {Prompt[]}
 */
export function followServer(queue, chosen, done) {
  const [shown] = queue;
  const rest = chosen.filter((prompt) => prompt.id !== shown?.id && !done.has(prompt.id));
  return shown ? [shown, ...rest] : rest;
}

const KEPT = ["ready", "sent", "confirmed"];

/**
 * Return which prompts count as recorded: kept here or home, and not wanted again.
 *
 * @param {import("./db.js").Clip[]} clips
 * @param {string} speaker
 * @returns {Set<string>}
 */
export function recordedPrompts(clips, speaker) {
  const good = clips.filter(
    (clip) =>
      clip.speaker === speaker &&
      KEPT.includes(clip.state) &&
      clip.verdict?.outcome !== "reject" &&
      !clip.redo,
  );
  return new Set(good.map((clip) => clip.prompt.id));
}
