/** The microphone: opened once for a session and kept warm, so that no take begins late. */

import { asked, plainSettings } from "./constraints.js";

/** After the tap on stop, so that the last syllable is not cut. */
const TAIL_MS = 300;
/** A microphone that was opened and gives nothing is taken by another app. */
const OPEN_MS = 8000;
/** Blocks that may wait for a worker that is busy: three seconds of Chromium's. */
const BUFFERED_BLOCKS = 300;

/** @typedef {import("./worker.js").Asked} Asked */
/** @typedef {import("./worker.js").Told} Told */
/** @typedef {Record<string, number>} Measures */
/** @typedef {"hidden" | "muted" | "ended" | "changed" | "interrupted"} Lost */

/**
 * A take as it was recorded. `facts` go to the clip's client_checks as they are.
 *
 * @typedef {object} Recorded
 * @property {"asked" | "bound" | "full"} why it ended: end() was called, its time was over, or the
 *   phone's storage took no more
 * @property {number} samples
 * @property {number} stored of them
 * @property {number} rate Hz
 * @property {number} wallMs
 * @property {Measures} measures
 * @property {{wall_ms: number, pre_roll_ms: number, first_frame_ms: number, gaps: number,
 *   missing_ms: number, path: string}} facts
 */

/**
 * @typedef {object} Listener
 * @property {(peak: number, seconds: number) => void} level the loudest sample since the last call,
 *   0 to 1, and how long the take is, 0 outside of one; twenty a second
 * @property {() => void} silence nothing but zeros in this take so far, told once, within its first second
 * @property {(why: Lost) => void} lost the microphone went away (a call, a cable, the page in the
 *   background): end the take and close it; only a tap opens it again
 * @property {(frames: number) => void} stored so many frames of the take are safe
 * @property {() => void} bound the take has its longest time; end() gives it
 * @property {() => void} full the phone's storage takes no more; end() gives what it took
 */

export class Microphone {
  /**
   * Ask for the microphone; call it in a tap, or the browser keeps the sound back.
   * Throws a DOMException: NotAllowedError, NotFoundError, NotReadableError, SecurityError.
   *
   * @param {Listener} listener
   * @returns {Promise<Microphone>}
   */
  static async open(listener) {
    const { mediaDevices, userAgent, maxTouchPoints } = navigator;
    if (!mediaDevices) throw new DOMException("not a secure page", "SecurityError");
    // iOS: record and play at once, whatever the phone's mute switch says.
    const session = /** @type {{audioSession?: {type: string}}} */ (
      /** @type {unknown} */ (navigator)
    ).audioSession;
    if (session) session.type = "play-and-record";
    const wanted = asked(userAgent, maxTouchPoints, mediaDevices.getSupportedConstraints());
    const stream = await mediaDevices.getUserMedia({ audio: wanted });
    const [track] = stream.getAudioTracks();
    if (!track) throw new DOMException("no audio track", "NotFoundError");
    const microphone = new Microphone(track, wanted, listener);
    try {
      await microphone.listen();
    } catch (error) {
      microphone.close();
      throw error;
    }
    return microphone;
  }

  /**
   * @param {MediaStreamTrack} track
   * @param {Record<string, unknown>} wanted
   * @param {Listener} listener
   */
  constructor(track, wanted, listener) {
    this.track = track;
    this.wanted = wanted;
    this.listener = listener;
    this.rate = 0;
    this.path = "";
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {WakeLockSentinel | undefined} */
    this.awake = undefined;
    this.tapAt = 0;
    this.preRollMs = 0;
    this.firstFrameMs = 0;
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    /** @type {{[T in Told["type"]]?: (told: any) => void}} who waits for what the worker tells */
    this.waiting = {};
    this.worker.onmessage = ({ data }) => this.hear(data);
    /** @type {Promise<never>} fails when the microphone is closed: nobody may wait for it for ever */
    this.gone = new Promise((_, fail) => {
      this.letGo = () => fail(new DOMException("closed", "NotReadableError"));
    });
    this.gone.catch(() => {});
    this.hidden = () => {
      if (document.visibilityState === "hidden") this.listener.lost("hidden");
    };
  }

  /** Bring the track's sound to the worker, by the shortest way there is. */
  async listen() {
    const { track, worker } = this;
    const ready = this.next("ready");
    const late = setTimeout(() => this.letGo?.(), OPEN_MS);
    worker.onerror = () => this.letGo?.();
    // iOS never answers an AudioContext that a call keeps: nobody may wait for that either.
    const [{ rate }] = await Promise.all([ready, this.stream() || this.worklet()]);
    this.rate = rate;
    clearTimeout(late);
    worker.onerror = () => this.listener.lost("ended");
    track.onended = () => this.listener.lost("ended");
    track.onmute = () => this.listener.lost("muted");
    document.addEventListener("visibilitychange", this.hidden);
  }

  /**
   * Chromium: the track's samples as they are. Web Audio, in between, would insert zeros.
   *
   * @returns {boolean} whether there is such a thing
   */
  stream() {
    if (!("MediaStreamTrackProcessor" in window)) return false;
    const { track } = this;
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: BUFFERED_BLOCKS });
    this.ask({ type: "listen", readable }, [readable]);
    this.path = "processor";
    return true;
  }

  /** Every other browser: Web Audio at the track's own rate, as any other would be resampled. */
  async worklet() {
    const { sampleRate } = this.track.getSettings();
    const context = new AudioContext(sampleRate ? { sampleRate } : {});
    this.context = context;
    this.path = "worklet";
    await context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    if (context.state !== "running") await context.resume();
    const node = new AudioWorkletNode(context, "capture", {
      numberOfOutputs: 0,
      // The first channel only: an average of two microphones filters the voice like a comb.
      channelCount: 1,
      channelCountMode: "explicit",
      channelInterpretation: "discrete",
    });
    // From the audio thread to the worker, past a page that may be busy.
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage(port1, [port1]);
    this.ask({ type: "listen", port: port2, rate: context.sampleRate }, [port2]);
    context.createMediaStreamSource(new MediaStream([this.track])).connect(node);
    context.onstatechange = () => {
      if (context.state !== "running") this.listener.lost("interrupted");
    };
  }

  /**
   * @param {Asked} asked
   * @param {Transferable[]} [transfer]
   */
  ask(asked, transfer = []) {
    this.worker.postMessage(asked, transfer);
  }

  /**
   * @template {Told["type"]} T
   * @param {T} type
   * @returns {Promise<Extract<Told, {type: T}>>}
   */
  next(type) {
    const told = new Promise((done) => {
      this.waiting[type] = done;
    });
    return Promise.race([told, this.gone]);
  }

  /** @param {Told} told */
  hear(told) {
    const { listener } = this;
    if (told.type === "level") listener.level(told.peak, told.seconds);
    else if (told.type === "silence") listener.silence();
    else if (told.type === "lost") listener.lost(told.why);
    else if (told.type === "stored") {
      this.firstFrameMs ||= performance.now() - this.tapAt;
      listener.stored(told.frames);
    }
    this.waiting[told.type]?.(told);
    delete this.waiting[told.type];
    if (told.type === "ended" && told.why === "bound") listener.bound();
    if (told.type === "ended" && told.why === "full") listener.full();
  }

  /** The facts a session stores: what was asked for and what the browser says it gave. */
  facts() {
    return {
      mic: this.track.label,
      sample_rate: Math.round(this.rate),
      settings_asked: this.wanted,
      settings_got: plainSettings(this.track.getSettings()),
    };
  }

  /**
   * Begin a take, with the last half second before this call.
   *
   * @param {import("../db.js").Clip} row of the take, in the state `recording`; it is stored with its
   *   first frame
   * @param {number} seconds at which it ends by itself
   * @returns {Promise<number>} how many milliseconds of it there are already
   */
  async begin(row, seconds) {
    this.tapAt = performance.now();
    this.firstFrameMs = 0;
    this.ended = this.next("ended");
    this.ended.catch(() => {});
    const began = this.next("began");
    this.ask({ type: "begin", row, most: Math.floor(seconds * this.rate) });
    navigator.wakeLock?.request("screen").then(
      (lock) => {
        this.awake = lock;
      },
      () => {},
    );
    this.preRollMs = (await began).preRollMs;
    return this.preRollMs;
  }

  /**
   * End the take, after its tail; an interrupted one has none. One that ended by itself is given at once.
   *
   * @param {{tail?: boolean}} [how]
   * @returns {Promise<Recorded>}
   */
  async end({ tail = true } = {}) {
    this.ask({ type: "end", tailMs: tail ? TAIL_MS : 0 });
    const { why, take } = await /** @type {NonNullable<typeof this.ended>} */ (this.ended);
    void this.awake?.release();
    const { samples, stored, wallMs, measures } = take;
    const facts = {
      wall_ms: wallMs,
      pre_roll_ms: this.preRollMs,
      first_frame_ms: Math.round(this.firstFrameMs),
      gaps: take.gaps,
      missing_ms: take.missingMs,
      path: this.path,
    };
    return { why, samples, stored, rate: this.rate, wallMs, measures, facts };
  }

  /**
   * Listen to the room, without storing it. It warms Web Audio up, too, which may insert zeros in its
   * first second.
   *
   * @param {number} seconds
   * @returns {Promise<Measures>}
   */
  async room(seconds) {
    const heard = this.next("room");
    this.ask({ type: "room", seconds });
    return (await heard).measures;
  }

  /** @param {boolean} on the phone plays something itself, which must not begin the next take */
  hush(on) {
    this.ask({ type: "hush", on });
  }

  /** Let the microphone go; its light goes out. */
  close() {
    this.letGo?.();
    document.removeEventListener("visibilitychange", this.hidden);
    const { track, context } = this;
    track.onended = track.onmute = null;
    if (context) context.onstatechange = null;
    void this.awake?.release();
    this.worker.terminate();
    track.stop();
    void context?.close();
  }
}
