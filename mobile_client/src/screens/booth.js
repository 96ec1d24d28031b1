/** The record button: show prompts, take, play, keep, again; and what the server said of it. */

import { nextPrompts } from "../api.js";
import { NARROW_HZ } from "../capture/constraints.js";
import { openMicrophone } from "../capture/microphone.js";
import { startPlayer } from "../capture/playback.js";
import { measureFile } from "../capture/recovery.js";
import { after, FIRST } from "../capture/take.js";
import { dropTake, fileOf, holdTake, keepTake, newTake, reviewTake } from "../capture/take_rows.js";
import { judge } from "../checks/verdict.js";
import * as db from "../db.js";
import { button, fill, make } from "../dom.js";
import { errorText, hintText, t } from "../i18n.js";
import { keepSession } from "../keep.js";
import { useLease } from "../outbox/leases.js";
import { onChange, send } from "../outbox/sync.js";
import { followServer, openPrompts, recordedPrompts } from "../prompts.js";
import { reportedPrompts, reportPrompt } from "../report_prompt.js";
import { speakerCode } from "../speaker_code.js";
import { stateOf } from "./clips.js";
import { makeView } from "./record_view.js";
import { askWhy } from "./report_sheet.js";

/** With so much sound from before the tap the first syllable is safe; with less one waits for it. */
const LEAD_MS = 300;
/** Clocks agree within that; beyond, a listener would hear that something is missing. */
const MISSING_MS = 50;

/**
 * Open a session with a microphone that is open. Throws what the storage throws.
 *
 * @param {import("../app.js").App} app
 * @param {db.Row} speaker
 * @param {db.Row} consent
 * @param {string} place where they sit
 * @param {import("../capture/microphone.js").Microphone} opened
 * @param {{prompt?: import("../api.js").Prompt, room?: Record<string, unknown>, hold?: string}} [more]
 *   the first prompt to show; what the session keeps of the room; what is set aside for the speaker
 */
export async function openBooth(
  app,
  speaker,
  consent,
  place,
  opened,
  { prompt: first, room, hold = "" } = {},
) {
  const { enrolment, pack } = app;
  if (!enrolment || !pack) throw new Error("pack");
  /** @type {import("../capture/microphone.js").Microphone | null} */
  let microphone = opened;
  /** @type {db.Clip | null} the take that is recorded or reviewed */
  let row = null;
  let free = () => {};
  /** @type {Record<string, unknown>} */
  let checks = {};
  let hint = "";
  let now = FIRST;
  let seq = 0;
  let gone = false;
  /** Beginning and ending take a moment; what comes meanwhile waits for them. */
  let beginning = Promise.resolve();
  let ending = Promise.resolve();
  /** @type {Map<string, number>} how many takes of a prompt there were in this session */
  const takes = new Map();

  /** @type {Partial<import("../capture/microphone.js").Listener>} */
  const listener = {
    level: (peak, seconds) => {
      ui.showLevel(peak);
      if (row && seconds) ui.showClock(Math.floor(seconds), row.prompt.max_seconds);
      if (peak > 0 && now.note === "no-sound") step({ type: "sound" });
    },
    silence: () => step({ type: "silence" }),
    lost: interrupt,
    bound: () => stop("too-long"),
    full: () => stop("stopped-full"),
  };
  const ui = makeView(
    speakerCode(speaker.id),
    {
      tap: () => void tap(),
      play: () => void ending.then(() => player.toggle()),
      keep: () => void keep(),
      again: () => void again(),
      skip,
      report,
      hush,
    },
    enrolment.token,
  );
  const player = startPlayer((playing) => {
    ui.showPlaying(playing);
    hush(playing);
  });

  // From now on what is lost is lost to the booth.
  opened.tell(listener);
  const session = await keepSession(enrolment, consent, place, opened, room, hold);
  const done = recordedPrompts(await db.clipsBy("speaker", speaker.id), speaker.id);
  for (const id of await reportedPrompts(speaker.id)) done.add(id);
  let queue = openPrompts(pack.prompts, speaker.id, done);
  if (first) bringForward(first);

  /** @param {import("../capture/take.js").Event} event */
  function step(event) {
    const before = now.phase;
    now = after(now, event);
    app.busy = !gone && now.phase !== "idle";
    ui.showPhase(now, hint);
    return now.phase !== before;
  }

  /** @param {import("../api.js").Prompt} prompt */
  function bringForward(prompt) {
    done.delete(prompt.id);
    queue = [prompt, ...queue.filter((other) => other.id !== prompt.id)];
  }

  function show() {
    if (gone) return;
    const [prompt] = queue;
    if (!prompt) return ui.showDone();
    ui.showPrompt(prompt);
    ui.showClock(0, prompt.max_seconds);
    ui.showPhase(now, hint);
  }

  /** @param {boolean} on the phone plays something, which is no part of the next take */
  function hush(on) {
    microphone?.hush(on);
  }

  function tap() {
    const [prompt] = queue;
    if (!prompt || !step({ type: "tap" })) return;
    if (now.phase === "stopping") finish("");
    else beginning = begin(prompt);
  }

  /** @param {import("../api.js").Prompt} prompt */
  async function begin(prompt) {
    let preRollMs = 0;
    try {
      microphone ??= await openMicrophone(listener);
      const take = (takes.get(prompt.id) ?? 0) + now.take;
      row = newTake(session, prompt, { seq, take, rate: microphone.rate });
      free = await holdTake(row.id);
      preRollMs = await microphone.begin(row, prompt.max_seconds);
    } catch (error) {
      giveUp();
      fill(ui.said, errorText(error));
      return;
    }
    if (preRollMs >= LEAD_MS) step({ type: "ready" });
    else setTimeout(() => step({ type: "ready" }), LEAD_MS - preRollMs);
    navigator.vibrate?.(30);
  }

  /**
   * @param {import("../capture/take.js").EndNote} note
   * @param {string} [why] more exactly, for the server
   */
  function stop(note, why = note) {
    if (step({ type: "stop", note })) finish(why);
  }

  /** @param {string} note why it ended by itself, or empty: then it has a tail */
  function finish(note) {
    ending = beginning.then(() => end(note)).catch(giveUp);
  }

  /** What is stored of the take, if anything, waits among those to decide about. */
  function giveUp() {
    // Whatever is wrong with it, one that is opened again has another chance.
    closeMicrophone();
    free();
    row = null;
    step({ type: "nothing" });
    ui.focusTap();
  }

  /** @param {string} note */
  async function end(note) {
    if (!microphone || !row || !pack) return;
    const over = await microphone.end({ tail: !note });
    if (!over.stored) {
      await dropTake(row.id).catch(() => {});
      return giveUp();
    }
    if (over.why === "full") note ||= "stopped-full";
    // What the storage refused is no part of the take.
    const measures = over.stored === over.samples ? over.measures : await measureFile(row);
    const { kind } = row.prompt;
    const rules = pack.quality_profile.rules;
    hint = hintText(judge(measures, rules, { kind, where: "phone" }).reasons);
    checks = { ...measures, ...over.facts, ...(note && { note }) };
    step({ type: over.facts.missing_ms > MISSING_MS ? "gaps" : "recorded" });
    ui.focusPlay();
    // A phone that slept may give zeros for ever; a microphone that is opened again does not.
    if (measures.peak === 0) closeMicrophone();
    await reviewTake(row.id, note, checks).catch(() => {});
    await fileOf(row).then(
      ({ bytes }) => player.load(bytes),
      () => {},
    );
  }

  function closeMicrophone() {
    microphone?.close();
    microphone = null;
  }

  /** @param {import("../capture/microphone.js").Lost} why */
  function interrupt(why) {
    const lost = microphone;
    stop("interrupted", why);
    // The next tap opens it again; a track that was taken away never comes back by itself.
    void ending.finally(() => {
      if (microphone === lost) closeMicrophone();
    });
  }

  /** @param {"again" | "kept"} how */
  function forget(how) {
    player.unload();
    free();
    row = null;
    hint = "";
    step({ type: how });
    show();
    ui.focusTap();
  }

  async function again() {
    await ending;
    if (!row || now.phase !== "review") return;
    // Where the storage fails it stays among those to decide about.
    await dropTake(row.id).catch(() => {});
    forget("again");
  }

  async function keep() {
    if (!row || !step({ type: "keep" })) return;
    const { prompt, id, request } = row;
    const { take } = request;
    try {
      await ending;
      await keepTake(id, { ...checks, kept_anyway: Boolean(hint), takes: take });
    } catch {
      // Full, or the browser lost its storage: the take is still here, and can be kept again.
      step({ type: "unkept" });
      return;
    }
    seq++;
    takes.set(prompt.id, take);
    done.add(prompt.id);
    queue = queue.slice(1);
    forget("kept");
    void useLease(db, hold);
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

  /** Not this text: the server is told why, and this speaker is not asked for it again today. */
  function report() {
    const [first] = queue;
    if (!first || now.phase !== "idle") return;
    askWhy((kind, reason) => {
      if (queue[0] !== first || now.phase !== "idle") return;
      void reportPrompt(session, first, kind, reason).then(() => send());
      done.add(first.id);
      queue = queue.slice(1);
      step({ type: "next" });
      show();
    });
  }

  /** Show the newest verdict of this session; a rejected prompt can be taken again at once. */
  async function showSaid() {
    const mine = (await db.clipsBy("session", session.id)).filter((clip) => clip.request.sha256);
    const latest = mine.at(-1);
    if (!latest) return;
    const later = (/** @type {db.Clip} */ one) =>
      mine.some((other) => other.prompt.id === one.prompt.id && other.id > one.id);
    const onScreen = queue[0]?.id;
    const redo = mine.find(
      (one) => one.verdict?.outcome === "reject" && one.prompt.id !== onScreen && !later(one),
    );
    const clip = redo ?? latest;
    const { mark, text, hint: brief } = stateOf(clip);
    const redoIt = () => {
      if (now.phase !== "idle") return;
      bringForward(clip.prompt);
      show();
      void showSaid();
      ui.focusTap();
    };
    ui.said.className = `said ${mark}`;
    fill(
      ui.said,
      make("span.short", { dir: clip.prompt.direction }, clip.prompt.text),
      make("strong", (redo && brief) || text),
      redo && button("record.redo", redoIt, ".redo"),
    );
  }

  let asked = false;
  async function followTheServer() {
    if (asked || !enrolment) return;
    const kept = await db.get("sessions", session.id);
    if (!kept?.sent || asked) return;
    asked = true;
    try {
      const chosen = await nextPrompts(enrolment.token, enrolment.campaign, session.id);
      queue = followServer(queue, chosen, done);
      if (now.phase === "idle") show();
    } catch {
      // The pack's own order goes on; it is only the second best.
    }
  }

  const quiet = onChange(() => {
    void showSaid();
    void followTheServer();
  });
  show();
  if (opened.rate < NARROW_HZ) fill(ui.said, t("record.narrow"));
  void send();

  return {
    view: ui.view,
    focus: ui.focusTap,
    leave: () => {
      quiet();
      // What is being recorded becomes a take to decide about later.
      stop("interrupted", "left");
      void ending.finally(() => {
        closeMicrophone();
        player.unload();
        free();
      });
      ui.leave();
      gone = true;
      app.busy = false;
    },
  };
}
