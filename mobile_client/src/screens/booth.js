/** The record button: show prompts, take, play, keep, again; and what the server said of it. */

import { nextPrompts } from "../api.js";
import { Recorder } from "../capture/microphone.js";
import { after, FIRST } from "../capture/take.js";
import { encodeWav } from "../capture/wav.js";
import { measure } from "../checks/measure.js";
import { judge } from "../checks/verdict.js";
import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { errorText, hintText, t } from "../i18n.js";
import { keepClip, keepSession } from "../keep.js";
import { onChange, send } from "../outbox/sync.js";
import { followServer, openPrompts, recordedPrompts } from "../prompts.js";
import { speakerCode } from "../speaker_code.js";
import { stateOf } from "./clips.js";
import { makeView } from "./record_view.js";

/** Sound is taken from the tap on; the sign to speak comes when the first syllable is safe. */
const SIGN_MS = 300;

/**
 * Open the microphone and a session. Throws what the microphone or the storage throws.
 *
 * @param {import("../app.js").App} app
 * @param {db.Row} speaker
 * @param {db.Row} consent
 * @param {string} place where they sit
 */
export async function openBooth(app, speaker, consent, place) {
  const { enrolment, pack } = app;
  if (!enrolment || !pack) throw new Error("not enrolled");
  /** @type {Recorder | null} */
  let recorder = null;
  /** @type {import("../capture/microphone.js").Sound | null} */
  let sound = null;
  /** @type {Record<string, number>} */
  let measures = {};
  let hint = "";
  let now = FIRST;
  let seq = 0;
  let player = new Audio();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;
  /** @type {Map<string, number>} how many takes of a prompt there were in this session */
  const takes = new Map();

  const listener = {
    level: (/** @type {number} */ peak) => ui.showLevel(peak),
    silence: () => step({ type: "silence" }),
    lost: () => interrupt(),
  };
  const ui = makeView(speakerCode(speaker.id), {
    back: () => void app.go("people"),
    tap: () => void tap(),
    play,
    keep: () => void keep(),
    again: () => forget("again"),
    skip,
  });

  recorder = await Recorder.open(listener);
  /** @type {db.Row} */
  let session;
  /** @type {Set<string>} */
  let done;
  try {
    session = await keepSession(enrolment, consent, place, recorder);
    done = recordedPrompts(await db.all("clips"), speaker.id);
  } catch (error) {
    recorder.close();
    throw error;
  }
  let queue = openPrompts(pack.prompts, speaker.id, done);

  /** @param {import("../capture/take.js").Event} event */
  function step(event) {
    const before = now.phase;
    now = after(now, event);
    ui.showPhase(now, hint);
    return now.phase !== before;
  }

  function show() {
    const [prompt] = queue;
    if (!prompt) return ui.showDone();
    ui.showPrompt(prompt);
    ui.showClock(0, prompt.max_seconds);
    ui.showPhase(now, hint);
  }

  async function tap() {
    const [prompt] = queue;
    if (!prompt || !step({ type: "tap" })) return;
    if (now.phase === "stopping") return finish();
    try {
      recorder ??= await Recorder.open(listener);
    } catch (error) {
      now = { ...now, phase: "idle" };
      show();
      fill(ui.said, errorText(error));
      return;
    }
    recorder.start();
    const startedAt = performance.now();
    setTimeout(() => step({ type: "ready" }), SIGN_MS);
    navigator.vibrate?.(30);
    ticking = setInterval(() => {
      const seconds = (performance.now() - startedAt) / 1000;
      ui.showClock(Math.floor(seconds), prompt.max_seconds);
      const over = seconds >= prompt.max_seconds;
      if (over && step({ type: "stop", note: "too-long" })) void finish({ tail: false });
    }, 200);
  }

  /** @param {{tail?: boolean}} [how] */
  async function finish(how) {
    clearInterval(ticking);
    if (!recorder || !pack) return;
    sound = await recorder.stop(how);
    measures = measure(sound.samples, sound.rate);
    const kind = queue[0]?.kind ?? null;
    hint = hintText(judge(measures, pack.quality_profile.rules, { kind, where: "phone" }).reasons);
    load(sound);
    step({ type: "recorded" });
    ui.focusPlay();
  }

  function interrupt() {
    const stopped = step({ type: "stop", note: "interrupted" });
    const lost = recorder;
    const ended = stopped ? finish({ tail: false }) : Promise.resolve();
    // The next tap opens it again; a track that was taken away never comes back by itself.
    void ended.then(() => {
      lost?.close();
      if (recorder === lost) recorder = null;
    });
  }

  /** @param {import("../capture/microphone.js").Sound} taken */
  function load(taken) {
    unload();
    const file = new Blob([encodeWav(taken.samples, taken.rate)], { type: "audio/wav" });
    player = new Audio(URL.createObjectURL(file));
    player.onplay = () => ui.showPlaying(true);
    player.onpause = player.onended = () => ui.showPlaying(false);
  }

  function unload() {
    player.pause();
    if (player.src) URL.revokeObjectURL(player.src);
    ui.showPlaying(false);
  }

  function play() {
    if (player.paused) player.play().catch(() => ui.showPlaying(false));
    else player.pause();
  }

  /** @param {"again" | "kept"} how */
  function forget(how) {
    unload();
    sound = null;
    hint = "";
    step({ type: how });
    show();
    ui.focusTap();
  }

  async function keep() {
    const [prompt] = queue;
    const take = (takes.get(prompt?.id ?? "") ?? 0) + now.take;
    if (!prompt || !sound || !enrolment || !step({ type: "keep" })) return;
    const checks = { ...measures, wall_ms: sound.wallMs, kept_anyway: Boolean(hint) };
    try {
      await keepClip(enrolment, { session, prompt, sound, checks, seq, take });
    } catch {
      // Full, or the browser lost its storage: the take is still here, and can be kept again.
      step({ type: "unkept", note: "full" });
      return;
    }
    seq++;
    takes.set(prompt.id, take);
    done.add(prompt.id);
    queue = queue.slice(1);
    forget("kept");
    void navigator.storage?.persist?.();
    void send();
  }

  function skip() {
    const [first, ...rest] = queue;
    if (!first || now.phase !== "idle") return;
    queue = [...rest, first];
    step({ type: "next" });
    show();
  }

  /** Show the newest verdict of this session; a rejected prompt can be taken again at once. */
  async function showSaid() {
    const mine = (await db.all("clips")).filter((clip) => clip.session === session.id);
    const latest = mine.at(-1);
    if (!latest) return;
    const later = (/** @type {db.Clip} */ one) =>
      mine.some((other) => other.prompt.id === one.prompt.id && other.id > one.id);
    const onScreen = queue[0]?.id;
    const redo = mine.find(
      (one) => one.verdict?.outcome === "reject" && one.prompt.id !== onScreen && !later(one),
    );
    const clip = redo ?? latest;
    const { mark, text } = stateOf(clip);
    const again = () => {
      if (now.phase !== "idle") return;
      done.delete(clip.prompt.id);
      queue = [clip.prompt, ...queue.filter((prompt) => prompt.id !== clip.prompt.id)];
      show();
      void showSaid();
      ui.focusTap();
    };
    ui.said.className = `said ${mark}`;
    fill(
      ui.said,
      make("span", { class: "short" }, clip.prompt.text),
      make("strong", {}, text),
      redo && button(t("record.redo"), again, { class: "redo" }),
    );
  }

  let asked = false;
  async function followTheServer() {
    if (asked || !enrolment) return;
    const row = await db.get("sessions", session.id);
    if (!row?.sent || asked) return;
    asked = true;
    try {
      const chosen = await nextPrompts(enrolment.token, enrolment.campaign, session.id);
      queue = followServer(queue, chosen, done);
      if (now.phase === "idle") show();
    } catch {
      // The pack's own order goes on; it is only the second best.
    }
  }

  const hide = () => {
    if (document.visibilityState === "hidden") interrupt();
  };
  const quiet = onChange(() => {
    void showSaid();
    void followTheServer();
  });
  document.addEventListener("visibilitychange", hide);
  show();
  void send();

  return {
    view: ui.view,
    focus: ui.focusTap,
    leave: () => {
      quiet();
      clearInterval(ticking);
      document.removeEventListener("visibilitychange", hide);
      unload();
      recorder?.close();
      recorder = null;
    },
  };
}
