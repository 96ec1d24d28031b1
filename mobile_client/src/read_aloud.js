/** A text read by the phone itself, where it has a voice of that language. */

/**
 * Pure: the voice for a language, of the same region where there is one, and one that needs no
 * network before one that does.
 *
 * @template {{lang: string, localService: boolean}} V
 * @param {V[]} voices
 * @param {string} locale
 * @returns {V | undefined}
 */
export function voiceFor(voices, locale) {
  const plain = (/** @type {string} */ tag) => tag.replace("_", "-").toLowerCase();
  const [wanted] = plain(locale).split("-");
  const fit = voices.filter((voice) => plain(voice.lang).split("-")[0] === wanted);
  const worth = (/** @type {V} */ voice) =>
    Number(voice.localService) * 2 + Number(plain(voice.lang) === plain(locale));
  return fit.sort((a, b) => worth(b) - worth(a))[0];
}

/**
 * @param {() => void} changed called when the phone has found its voices, which may take a second
 * @returns {() => void} stop listening, and be silent
 */
export function watchVoices(changed) {
  globalThis.speechSynthesis?.addEventListener?.("voiceschanged", changed);
  return () => {
    globalThis.speechSynthesis?.removeEventListener?.("voiceschanged", changed);
    hush();
  };
}

/** @param {string} locale */
export function canRead(locale) {
  return Boolean(voiceFor(globalThis.speechSynthesis?.getVoices() ?? [], locale));
}

/**
 * @param {string} text
 * @param {string} locale
 * @param {() => void} ended
 */
export function read(text, locale, ended) {
  hush();
  const said = new SpeechSynthesisUtterance(text);
  said.voice = voiceFor(speechSynthesis.getVoices(), locale) ?? null;
  said.lang = locale;
  said.onend = said.onerror = ended;
  speechSynthesis.speak(said);
}

export function hush() {
  globalThis.speechSynthesis?.cancel();
}
