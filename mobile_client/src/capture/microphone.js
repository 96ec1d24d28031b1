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

/** @typedef {Awaited<ReturnType<typeof openMicrophone>>} Microphone */

/**
 * Ask for the microphone; call it in a tap, or the browser keeps the sound back.
 * Throws a DOMException: NotAllowedError, NotFoundError, NotReadableError, SecurityError.
 *
 * @param {Partial<Listener>} listens
 */
export async function openMicrophone(listens) {
  const { mediaDevices, userAgent, maxTouchPoints } = navigator;
  if (!mediaDevices) throw new DOMException("not a secure page", "SecurityError");
  // iOS: record and play at once, whatever the phone's mute switch says.
  const session = /** @type {{audioSession?: {type: string}}} */ (
    /** @type {unknown} */ (navigator)
  ).audioSession;
  if (session) session.type = "play-and-record";
  const wanted = asked(userAgent, maxTouchPoints, mediaDevices.getSupportedConstraints());
  const stream = await mediaDevices.getUserMedia({ audio: wanted });
  const [found] = stream.getAudioTracks();
  if (!found) throw new DOMException("no audio track", "NotFoundError");
  const track = found;

  let listener = listens;
  let path = "";
  /** @type {AudioContext | undefined} */
  let context;
  /** @type {WakeLockSentinel | undefined} */
  let awake;
  let tapAt = 0;
  let preRollMs = 0;
  let firstFrameMs = 0;
  /** @type {Promise<Extract<Told, {type: "ended"}>>} */
  let ended;
  /** @type {{[T in Told["type"]]?: (told: any) => void}} who waits for what the worker tells */
  const waiting = {};
  /** @type {(why: Lost) => void} */
  const lose = (why) => listener.lost?.(why);
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => hear(data);
  /** @type {() => void} */
  let letGo = () => {};
  /** @type {Promise<never>} fails when the microphone is closed: nobody may wait for it for ever */
  const gone = new Promise((_, fail) => {
    letGo = () => fail(new DOMException("closed", "NotReadableError"));
  });
  gone.catch(() => {});
  const hidden = () => {
    if (document.visibilityState === "hidden") lose("hidden");
  };

  /**
   * Bring the track's sound to the worker, by the shortest way there is.
   *
   * @returns {Promise<number>} its rate, Hz
   */
  async function listen() {
    const ready = next("ready");
    const late = setTimeout(letGo, OPEN_MS);
    worker.onerror = letGo;
    // iOS never answers an AudioContext that a call keeps: nobody may wait for that either.
    const [{ rate }] = await Promise.all([ready, fromStream() || fromWorklet()]);
    clearTimeout(late);
    worker.onerror = track.onended = () => lose("ended");
    track.onmute = () => lose("muted");
    document.addEventListener("visibilitychange", hidden);
    return rate;
  }

  /**
   * Chromium: the track's samples as they are. Web Audio, in between, would insert zeros.
   *
   * @returns {boolean} whether there is such a thing
   */
  function fromStream() {
    if (!("MediaStreamTrackProcessor" in window)) return false;
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: BUFFERED_BLOCKS });
    ask({ type: "listen", readable }, [readable]);
    path = "processor";
    return true;
  }

  /** Every other browser: Web Audio at the track's own rate, as any other would be resampled. */
  async function fromWorklet() {
    const { sampleRate } = track.getSettings();
    const audio = new AudioContext(sampleRate ? { sampleRate } : {});
    context = audio;
    path = "worklet";
    await audio.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    if (audio.state !== "running") await audio.resume();
    const node = new AudioWorkletNode(audio, "capture", {
      numberOfOutputs: 0,
      // The first channel only: an average of two microphones filters the voice like a comb.
      channelCount: 1,
      channelCountMode: "explicit",
      channelInterpretation: "discrete",
    });
    // From the audio thread to the worker, past a page that may be busy.
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage(port1, [port1]);
    ask({ type: "listen", port: port2, rate: audio.sampleRate }, [port2]);
    audio.createMediaStreamSource(new MediaStream([track])).connect(node);
    audio.onstatechange = () => {
      if (audio.state !== "running") lose("interrupted");
    };
  }

  /**
   * @param {Asked} asked
   * @param {Transferable[]} [transfer]
   */
  function ask(asked, transfer = []) {
    worker.postMessage(asked, transfer);
  }

  /**
   * @template {Told["type"]} T
   * @param {T} type
   * @returns {Promise<Extract<Told, {type: T}>>}
   */
  function next(type) {
    const told = new Promise((done) => {
      waiting[type] = done;
    });
    return Promise.race([told, gone]);
  }

  /** @param {Told} told */
  function hear(told) {
    const { type } = told;
    if (type === "level") listener.level?.(told.peak, told.seconds);
    else if (type === "silence") listener.silence?.();
    else if (type === "lost") lose(told.why);
    else if (type === "stored") {
      firstFrameMs ||= performance.now() - tapAt;
      listener.stored?.(told.frames);
    }
    waiting[type]?.(told);
    delete waiting[type];
    if (type === "ended" && told.why !== "asked") listener[told.why]?.();
  }

  /** Let the microphone go; its light goes out. */
  function close() {
    letGo();
    document.removeEventListener("visibilitychange", hidden);
    track.onended = track.onmute = null;
    if (context) context.onstatechange = null;
    void awake?.release();
    worker.terminate();
    track.stop();
    void context?.close();
  }

  const rate = await listen().catch((error) => {
    close();
    throw error;
  });
  return {
    rate,
    path,
    close,

    /** @param {Partial<Listener>} another is told from now on */
    tell(another) {
      listener = another;
    },

    /** The facts a session stores: what was asked for and what the browser says it gave. */
    facts: () => ({
      mic: track.label,
      sample_rate: Math.round(rate),
      settings_asked: wanted,
      settings_got: plainSettings(track.getSettings()),
    }),

    /**
     * Begin a take, with the last half second before this call.
     *
     * @param {import("../db.js").Clip} row of the take, in the state `recording`; it is stored with
     *   its first frame
     * @param {number} seconds at which it ends by itself
     * @returns {Promise<number>} how many milliseconds of it there are already
     */
    async begin(row, seconds) {
      tapAt = performance.now();
      firstFrameMs = 0;
      ended = next("ended");
      ended.catch(() => {});
      const began = next("began");
      ask({ type: "begin", row, most: Math.floor(seconds * rate) });
      navigator.wakeLock?.request("screen").then(
        (lock) => {
          awake = lock;
        },
        () => {},
      );
      preRollMs = (await began).preRollMs;
      return preRollMs;
    },

    /**
     * End the take, after its tail; an interrupted one has none. One that ended by itself is given
     * at once.
     *
     * @param {{tail?: boolean}} [how]
     * @returns {Promise<Recorded>}
     */
    async end({ tail = true } = {}) {
      ask({ type: "end", tailMs: tail ? TAIL_MS : 0 });
      const { why, take } = await ended;
      void awake?.release();
      const { samples, stored, wallMs, measures } = take;
      const facts = {
        wall_ms: wallMs,
        pre_roll_ms: preRollMs,
        first_frame_ms: Math.round(firstFrameMs),
        gaps: take.gaps,
        missing_ms: take.missingMs,
        path,
      };
      return { why, samples, stored, rate, wallMs, measures, facts };
    },

    /**
     * Listen to the room, without storing it. It warms Web Audio up, too, which may insert zeros in
     * its first second.
     *
     * @param {number} seconds
     * @returns {Promise<Measures>}
     */
    async room(seconds) {
      const heard = next("room");
      ask({ type: "room", seconds });
      return (await heard).measures;
    },

    /** @param {boolean} on the phone plays something itself, which must not begin the next take */
    hush: (on) => ask({ type: "hush", on }),
  };
}
