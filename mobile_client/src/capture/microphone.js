/** The microphone: opened once for a session and kept warm, so that no take begins late. */

import { joinSamples } from "./wav.js";

/** What is asked for: the voice as the microphone hears it, without the browser's "improvements". */
export const ASKED = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
  channelCount: 1,
};

/** After the tap on stop, so that the last syllable is not cut. */
const TAIL_MS = 300;
/** A microphone that gives nothing but zeros for so long is covered by software, not by a hand. */
const SILENCE_MS = 1000;

/**
 * @typedef {object} Sound
 * @property {Int16Array<ArrayBuffer>} samples
 * @property {number} rate Hz
 * @property {number} wallMs how long the clock says it took
 */

/**
 * @typedef {object} Listener
 * @property {(peak: number) => void} level the loudest sample of the last block, 0 to 1
 * @property {() => void} silence nothing but zeros since a second, told once a take
 * @property {() => void} lost the microphone went away (a call, a cable, the system)
 */

export class Recorder {
  /**
   * Ask for the microphone; call it in a tap, or the browser keeps the sound back.
   * Throws a DOMException: NotAllowedError, NotFoundError, NotReadableError, SecurityError.
   *
   * @param {Listener} listener
   * @returns {Promise<Recorder>}
   */
  static async open(listener) {
    if (!navigator.mediaDevices) throw new DOMException("not a secure page", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: ASKED });
    try {
      const [track] = stream.getAudioTracks();
      if (!track) throw new DOMException("no audio track", "NotFoundError");
      const settings = track.getSettings();
      // At the track's own rate: any other would be resampled, for ever.
      const context = new AudioContext(
        settings.sampleRate ? { sampleRate: settings.sampleRate } : {},
      );
      await context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
      if (context.state !== "running") await context.resume();
      return new Recorder(stream, track, context, listener);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  }

  /**
   * @param {MediaStream} stream
   * @param {MediaStreamTrack} track
   * @param {AudioContext} context
   * @param {Listener} listener
   */
  constructor(stream, track, context, listener) {
    this.stream = stream;
    this.track = track;
    this.context = context;
    this.listener = listener;
    /** @type {Float32Array[] | null} */
    this.blocks = null;
    this.startedAt = 0;
    this.heard = false;
    this.node = new AudioWorkletNode(context, "capture", {
      numberOfOutputs: 0,
      // The first channel only: an average of two microphones filters the voice like a comb.
      channelCount: 1,
      channelCountMode: "explicit",
      channelInterpretation: "discrete",
    });
    this.node.port.onmessage = ({ data }) => this.take(data);
    context.createMediaStreamSource(stream).connect(this.node);
    track.onended = () => listener.lost();
    track.onmute = () => listener.lost();
  }

  /** The facts a session stores: what was asked for and what the browser says it gave. */
  facts() {
    return {
      mic: this.track.label,
      sample_rate: Math.round(this.context.sampleRate),
      settings_asked: ASKED,
      settings_got: plainSettings(this.track.getSettings()),
    };
  }

  /** @param {Float32Array} block */
  take(block) {
    let peak = 0;
    for (const value of block) peak = Math.max(peak, Math.abs(value));
    this.listener.level(peak);
    if (!this.blocks) return;
    this.blocks.push(block);
    if (peak > 0) this.heard = true;
    if (!this.heard && performance.now() - this.startedAt > SILENCE_MS) {
      this.heard = true;
      this.listener.silence();
    }
  }

  /** Begin a take. */
  start() {
    this.blocks = [];
    this.heard = false;
    this.startedAt = performance.now();
  }

  /**
   * End the take, after its tail; an interrupted one has none.
   *
   * @param {{tail?: boolean}} [how]
   * @returns {Promise<Sound>}
   */
  async stop({ tail = true } = {}) {
    if (tail) await new Promise((done) => setTimeout(done, TAIL_MS));
    /** @type {Float32Array[]} */
    const blocks = this.blocks ?? [];
    this.blocks = null;
    return {
      samples: joinSamples(blocks),
      rate: Math.round(this.context.sampleRate),
      wallMs: Math.round(performance.now() - this.startedAt),
    };
  }

  /** Let the microphone go; its light goes out. */
  close() {
    this.track.onended = this.track.onmute = null;
    this.node.port.onmessage = null;
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}

/**
 * Return the settings without the ids by which a microphone could be recognised elsewhere.
 *
 * @param {MediaTrackSettings} settings
 * @returns {Record<string, unknown>}
 */
function plainSettings(settings) {
  const { deviceId, groupId, ...plain } = /** @type {Record<string, unknown>} */ (settings);
  return plain;
}
