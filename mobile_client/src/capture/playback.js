/** Play a take that lies in this phone's storage. */

export class Player {
  /** @param {(playing: boolean) => void} told */
  constructor(told) {
    this.told = told;
    this.element = new Audio();
    this.element.onended = () => this.stop();
    /** @type {ArrayBuffer} */
    this.bytes = new ArrayBuffer(0);
    /** @type {AudioContext | null} */
    this.context = null;
    this.on = false;
  }

  /** @param {ArrayBuffer} bytes a FLAC file */
  load(bytes) {
    this.unload();
    this.bytes = bytes;
    this.element.src = URL.createObjectURL(new Blob([bytes], { type: "audio/flac" }));
  }

  /** Call it in a tap. */
  async toggle() {
    if (this.on) return this.stop();
    this.turn(true);
    try {
      await this.element.play();
    } catch {
      if (!this.on) return;
      // iOS 16 does not play such addresses; Web Audio plays the same bytes.
      await this.decode().catch(() => this.stop());
    }
  }

  async decode() {
    const context = new AudioContext();
    this.context = context;
    // Decoding takes the buffer away.
    const buffer = await context.decodeAudioData(this.bytes.slice(0));
    // Meanwhile it may have been stopped.
    if (this.context !== context) return;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.onended = () => this.stop();
    source.connect(context.destination);
    source.start();
    await context.resume();
  }

  stop() {
    this.element.pause();
    void this.context?.close();
    this.context = null;
    this.turn(false);
  }

  /** @param {boolean} on */
  turn(on) {
    if (this.on !== on) this.told(on);
    this.on = on;
  }

  unload() {
    this.stop();
    if (this.element.src) URL.revokeObjectURL(this.element.src);
    this.element.removeAttribute("src");
  }
}
