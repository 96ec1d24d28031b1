/** Runs in the audio thread: gather the microphone's first channel and post it in blocks. */

// Eight quanta, about 20 ms: seldom enough for a slow phone, often enough for the level meter.
const BLOCK = 1024;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean} stay alive
   */
  process(inputs) {
    const channel = inputs[0]?.[0];
    if (!channel) return true;
    this.block.set(channel, this.filled);
    this.filled += channel.length;
    if (this.filled === BLOCK) {
      this.port.postMessage(this.block, [this.block.buffer]);
      this.block = new Float32Array(BLOCK);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("capture", Capture);
