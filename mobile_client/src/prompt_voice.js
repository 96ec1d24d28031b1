/** A prompt's own sound, for people who do not read: from this phone, else from the server. */

import { readPromptAudio } from "./api.js";
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

export class PromptVoice {
  /**
   * @param {string} token
   * @param {object} listener
   * @param {(playing: boolean) => void} listener.playing
   * @param {() => void} listener.missing no sound is here, and no network
   */
  constructor(token, listener) {
    this.token = token;
    this.listener = listener;
    /** @type {import("./api.js").Prompt | null} */
    this.prompt = null;
    /** What is fetched to be played; stop() forgets it. @type {object | null} */
    this.turn = null;
    this.player = new Audio();
    this.player.onended = () => this.stop();
  }

  /**
   * A prompt comes on the screen; the same one again stays silent.
   *
   * @param {import("./api.js").Prompt} prompt
   */
  show(prompt) {
    if (prompt.id === this.prompt?.id) return;
    this.stop();
    this.prompt = prompt;
    if (prompt.has_audio && readsAloud()) void this.play();
  }

  async play() {
    const { prompt } = this;
    const turn = {};
    this.turn = turn;
    const sound = prompt && (await soundOf(this.token, prompt));
    // Meanwhile the next prompt may be there, or the microphone on.
    if (turn !== this.turn) return;
    if (!sound) return this.listener.missing();
    this.stop();
    this.player.src = URL.createObjectURL(new Blob([sound.bytes], { type: sound.content_type }));
    this.listener.playing(true);
    this.player.play().catch(() => this.stop());
  }

  get on() {
    return Boolean(this.player.src);
  }

  stop() {
    this.turn = null;
    if (!this.on) return;
    this.player.pause();
    URL.revokeObjectURL(this.player.src);
    this.player.removeAttribute("src");
    this.listener.playing(false);
  }

  /** The screen is left: what is still on its way is not played. */
  close() {
    this.prompt = null;
    this.stop();
  }
}
