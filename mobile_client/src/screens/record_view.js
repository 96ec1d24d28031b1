/** The elements of the record screen, and how they look in each phase; none moves another. */

import { beatAt } from "../beat.js";
import { copyOf, fill, make, showText, tell } from "../dom.js";
import { language, t } from "../i18n.js";
import { promptSize } from "../prompt_size.js";
import { promptVoice } from "../prompt_voice.js";

/** @typedef {import("../api.js").Prompt} Prompt */
/**
 * `hush`: a sound is played now (true) or not any more, which the microphone need not keep.
 *
 * @typedef {Record<"tap" | "play" | "keep" | "again" | "skip" | "report", () => void>
 *   & {hush?: (playing: boolean) => void}} Acts
 */

const PACE_MS = 100;

/**
 * @param {string} code the speaker's spoken name
 * @param {Acts} acts
 * @param {string} [token] for prompts' sounds that are not here yet
 */
export function makeView(code, acts, token = "") {
  const { view, title, said, box, kind, text, advice, meter, bar, clock, controls, ...parts } =
    copyOf("record", { ...acts, listen: () => (voice.on() ? voice.stop() : voice.play()) });
  const { tap, listen, skip, play, keep, again, report } = parts;
  fill(title, code);
  const voice = promptVoice(token, {
    playing: (on) => {
      fill(listen, t(on ? "record.pause" : "record.listen"));
      acts.hush?.(on);
    },
    missing: () => fill(advice, t("record.listen.missing")),
  });
  /** @type {Prompt | null} */
  let shown = null;
  let phase = "idle";
  let lastTold = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let pacing;

  function fit() {
    if (!shown) return;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const place = {
      width: box.clientWidth / rem || 20,
      height: (box.clientHeight - kind.offsetHeight) / rem || 14,
    };
    const { size, line, least } = promptSize(shown.text, shown.language, place);
    text.style.lineHeight = line;
    // Fonts differ: what was computed is tried, and made smaller where this phone's is wide.
    for (let now = size; now >= least; now *= 0.95) {
      text.style.fontSize = `${now}rem`;
      if (box.scrollHeight <= box.clientHeight) break;
    }
    // Beyond what fits it is scrolled, by keyboard too.
    if (box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
  // The phone is turned, or letters are made larger.
  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth !== width) fit();
    width = box.clientWidth;
  }).observe(box);

  /** While it is recorded: the time that is spent runs round the button, hot words have their beat. */
  function pace() {
    const prompt = shown;
    const startedAt = performance.now();
    clearInterval(pacing);
    if (!prompt) return;
    pacing = setInterval(() => {
      const seconds = (performance.now() - startedAt) / 1000;
      tap.style.setProperty("--spent", String(Math.min(1, seconds / prompt.max_seconds)));
      if (phase !== "recording" || prompt.kind !== "hotword" || prompt.repeats < 2) return;
      const { n, say } = beatAt(seconds, prompt);
      const over = n > prompt.repeats;
      const sign = over ? "beat.over" : say ? "beat.say" : "beat.pause";
      tap.dataset.beat = say ? "say" : "";
      tell(advice, t(sign, { now: Math.min(n, prompt.repeats), all: prompt.repeats }));
    }, PACE_MS);
  }

  return {
    view,
    said,
    tap,

    /** @param {Prompt} prompt */
    showPrompt(prompt) {
      const before = shown?.id;
      shown = prompt;
      const often = prompt.kind === "hotword" && prompt.repeats > 1;
      fill(kind, t(often ? "kind.repeat" : `kind.${prompt.kind}`, { n: prompt.repeats }));
      showText(text, prompt);
      listen.hidden = !prompt.has_audio || phase !== "idle";
      fill(listen, t(voice.on() && prompt.id === before ? "record.pause" : "record.listen"));
      box.scrollTop = 0;
      fit();
      voice.show(prompt);
    },

    /** @param {number} peak 0 to 1 */
    showLevel(peak) {
      const decibels = peak > 0 ? 20 * Math.log10(peak) : -60;
      const share = Math.max(0, Math.min(1, 1 + decibels / 60));
      bar.style.transform = `scaleX(${share})`;
      bar.classList.toggle("loud", peak >= 0.99);
      // Twice a second is enough for a screen reader that asks.
      if (performance.now() - lastTold < 500) return;
      lastTold = performance.now();
      meter.ariaValueNow = Math.round(share * 100);
    },

    /**
     * @param {number} seconds
     * @param {number} most
     */
    showClock(seconds, most) {
      // Whoever speaks freely asks how long they may; whoever reads, only whether it goes on.
      const left = t("record.left", { seconds: Math.max(0, Math.ceil(most - seconds)) });
      const spent = make("bdi", { dir: "ltr" }, `${seconds.toFixed(0)} / ${most} s`);
      fill(clock, shown?.kind === "question" ? left : spent);
    },

    /**
     * @param {import("../capture/take.js").Take} now
     * @param {string} hint what the phone found in the take, or empty
     */
    showPhase(now, hint) {
      const before = phase;
      phase = now.phase;
      const idle = phase === "idle";
      const reviewing = phase === "review" || phase === "saving";
      const recording = phase === "recording" || phase === "stopping";
      tap.hidden = reviewing;
      for (const one of [play, keep, again]) one.hidden = !reviewing;
      skip.hidden = !idle;
      report.hidden = !idle;
      listen.hidden = !idle || !shown?.has_audio;
      tap.dataset.phase = phase;
      tap.disabled = phase === "starting" || phase === "stopping";
      tap.ariaLabel = t(recording ? "record.stop" : "record.start");
      for (const one of [play, keep, again]) one.disabled = phase === "saving";
      fill(keep, t(hint ? "record.keep-anyway" : "record.keep"));
      keep.classList.toggle("doubted", Boolean(hint));
      // A screen reader that spoke now would be recorded.
      const live = idle || reviewing ? "polite" : "off";
      for (const one of document.querySelectorAll("[role=status], .said")) {
        one.ariaLive = live;
      }
      if (!idle) voice.stop();
      if (phase === "starting") pace();
      if (phase !== before && !recording && phase !== "starting") {
        clearInterval(pacing);
        tap.style.setProperty("--spent", "0");
        tap.dataset.beat = "";
      }
      const note = now.note && t(`note.${now.note}`);
      const words = [note, (reviewing && hint) || t(`phase.${phase}`)].filter(Boolean).join(" ");
      tell(advice, words);
      advice.classList.toggle("warning", Boolean(note || (reviewing && hint)));
    },

    /** @param {boolean} playing */
    showPlaying(playing) {
      fill(play, t(playing ? "record.pause" : "record.play"));
    },

    /** Nothing is left to record for this speaker. */
    showDone() {
      shown = null;
      voice.close();
      fill(kind);
      text.style = "";
      showText(text, { text: t("record.done"), language: language(), direction: "" });
      controls.hidden = report.hidden = true;
      fill(clock);
      fill(advice);
    },

    leave() {
      clearInterval(pacing);
      voice.close();
    },

    focusTap: () => tap.focus(),
    focusPlay: () => play.focus(),
  };
}
