/** Runs in the audio thread: gather the microphone's first channel and post it in blocks. */

// Eight quanta, about 20 ms: seldom enough for a slow phone, often enough for a frame to be whole.
const BLOCK = 1024;

class Capture extends AudioWorkletProcessor {
  /** @type {MessagePort | null} */
  to = null;
  block = new Float32Array(BLOCK);
  filled = 0;
  from = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      this.to = data;
    };
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean} stay alive
   */
  process(inputs) {
    const channel = inputs[0]?.[0];
    if (!channel || !this.to) return true;
    // A quantum that the audio thread left out shows in the numbers.
    if (!this.filled) this.from = currentFrame;
    this.block.set(channel, this.filled);
    this.filled += channel.length;
    if (this.filled === BLOCK) {
      this.to.postMessage({ block: this.block, from: this.from }, [this.block.buffer]);
      this.block = new Float32Array(BLOCK);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("capture", Capture);
