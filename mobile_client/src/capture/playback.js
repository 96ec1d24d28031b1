/** Play a sound that lies in this phone's storage. */

/**
 * @param {(playing: boolean) => void} told
 */
export function startPlayer(told) {
  const element = new Audio();
  /** @type {ArrayBuffer} */
  let sound;
  /** @type {AudioContext | null} */
  let context = null;
  let on = false;
  element.onended = stop;

  /** What iOS 16 does not play by its address, Web Audio plays from the same bytes. */
  async function decode() {
    const audio = new AudioContext();
    context = audio;
    // Decoding takes the buffer away.
    const buffer = await audio.decodeAudioData(sound.slice(0));
    // Meanwhile it may have been stopped.
    if (context !== audio) return;
    const source = new AudioBufferSourceNode(audio, { buffer });
    source.onended = stop;
    source.connect(audio.destination);
    source.start();
    await audio.resume();
  }

  function stop() {
    element.pause();
    void context?.close();
    context = null;
    turn(false);
  }

  /** @param {boolean} now */
  function turn(now) {
    if (on !== now) told(now);
    on = now;
  }

  function unload() {
    stop();
    if (element.src) URL.revokeObjectURL(element.src);
    element.removeAttribute("src");
  }

  return {
    unload,

    on: () => on,

    /** @param {ArrayBuffer} bytes @param {string} [type] */
    load(bytes, type = "audio/flac") {
      unload();
      sound = bytes;
      element.src = URL.createObjectURL(new Blob([bytes], { type }));
    },

    /** Call it in a tap. */
    async toggle() {
      if (on) return stop();
      turn(true);
      try {
        await element.play();
      } catch (error) {
        // Nobody tapped: the browser lets nothing be heard.
        if (error instanceof DOMException && error.name === "NotAllowedError") stop();
        else if (on) await decode().catch(stop);
      }
    },
  };
}
