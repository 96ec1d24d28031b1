/** A prompt's own sound, for people who do not read: from this phone, else from the server. */

import { readPromptAudio } from "./api.js";
import { startPlayer } from "./capture/playback.js";
import * as db from "./db.js";

const CHOICE = "fieldvoice-read-aloud";

/** @returns {boolean} whether each prompt is played once by itself */
export function readsAloud() {
  return localStorage.getItem(CHOICE) === "yes";
}

/** @param {boolean} yes */
export function setReadsAloud(yes) {
  localStorage.setItem(CHOICE, yes ? "yes" : "no");
}

/**
 * Return a prompt's sound, kept for the next time; null when it is neither here nor reached.
 *
 * @param {string} token
 * @param {import("./api.js").Prompt} prompt
 */
async function soundOf(token, prompt) {
  const kept = await db.get("prompt_audio", prompt.id);
  if (kept?.revision === prompt.revision) return kept;
  try {
    const { id, revision } = prompt;
    const row = { id, revision, ...(await readPromptAudio(token, id)) };
    await db.put("prompt_audio", row).catch(() => {});
    return row;
  } catch {
    return null;
  }
}

/**
 * @param {string} token
 * @param {object} listener
 * @param {(playing: boolean) => void} listener.playing
 * @param {() => void} listener.missing no sound is here, and no network
 */
export function promptVoice(token, listener) {
  const player = startPlayer(listener.playing);
  /** @type {import("./api.js").Prompt | null} */
  let prompt = null;
  /** What is fetched to be played; stop() forgets it. @type {object | null} */
  let turn = null;

  async function play() {
    const mine = {};
    turn = mine;
    const sound = prompt && (await soundOf(token, prompt));
    // Meanwhile the next prompt may be there, or the microphone on.
    if (turn !== mine) return;
    if (!sound) return listener.missing();
    player.load(sound.bytes, sound.content_type);
    await player.toggle();
  }

  function stop() {
    turn = null;
    player.unload();
  }

  return {
    on: player.on,
    play,
    stop,

    /**
     * A prompt comes on the screen; the same one again stays silent.
     *
     * @param {import("./api.js").Prompt} next
     */
    show(next) {
      if (next.id === prompt?.id) return;
      stop();
      prompt = next;
      if (prompt.has_audio && readsAloud()) void play();
    },

    /** The screen is left: what is still on its way is not played. */
    close() {
      prompt = null;
      stop();
    },
  };
}
