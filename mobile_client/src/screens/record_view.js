/** The elements of the record screen, and how they look in each phase. */

import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { t } from "../i18n.js";

/** Beyond so many letters the prompt is set smaller, so that it stays on a small screen. */
const LONG_TEXT = 90;

/** @typedef {Record<"back" | "tap" | "play" | "keep" | "again" | "skip", () => void>} Acts */

/**
 * @param {string} code the speaker's spoken name
 * @param {Acts} acts
 */
export function makeView(code, acts) {
  const kind = make("p", { class: "kind" });
  const text = make("p", { class: "prompt-text" });
  const advice = make("p", { class: "advice", role: "status" });
  const bar = make("div", { class: "bar" });
  const meter = make(
    "div",
    { class: "meter", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 },
    bar,
  );
  meter.setAttribute("aria-label", t("record.level"));
  const clock = make("span", { class: "clock" });
  const tap = button("", acts.tap, { class: "tap" });
  const play = button(t("record.play"), acts.play, { class: "play" });
  const keep = button("", acts.keep, { class: "keep" });
  const again = button(t("record.again"), acts.again, { class: "again" });
  const review = make("div", { class: "review" }, again, play, keep);
  const skip = button(t("record.skip"), acts.skip, { class: "quiet skip" });
  const said = make("div", { class: "said", role: "status" });
  const view = make(
    "div",
    {},
    header(code, acts.back),
    said,
    make("section", { class: "prompt" }, kind, text),
    make(
      "div",
      { class: "panel" },
      advice,
      make("div", { class: "row" }, meter, clock),
      make("div", { class: "controls" }, tap, review),
      skip,
    ),
  );
  /** @type {number} */
  let lastTold = 0;
  return {
    view,
    said,
    tap,

    /** @param {import("../api.js").Prompt} prompt */
    showPrompt(prompt) {
      fill(kind, t(`kind.${prompt.kind}`, { n: prompt.repeats }));
      if (prompt.kind === "hotword" && prompt.repeats > 1) {
        fill(kind, t("kind.repeat", { n: prompt.repeats }));
      }
      text.lang = prompt.language;
      text.dir = prompt.direction;
      text.classList.toggle("long", prompt.text.length > LONG_TEXT);
      fill(text, prompt.text);
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
      meter.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    },

    /**
     * @param {number} seconds
     * @param {number} most
     */
    showClock(seconds, most) {
      fill(clock, `${seconds.toFixed(0)} / ${most} s`);
    },

    /**
     * @param {import("../capture/take.js").Take} now
     * @param {string} hint what the phone found in the take, or empty
     */
    showPhase(now, hint) {
      const reviewing = now.phase === "review" || now.phase === "saving";
      tap.hidden = reviewing;
      review.hidden = !reviewing;
      // Unseen, not gone: the record button must not move under the thumb.
      skip.classList.toggle("unseen", now.phase !== "idle");
      tap.dataset.phase = now.phase;
      tap.disabled = now.phase === "starting" || now.phase === "stopping";
      const recording = now.phase === "recording" || now.phase === "stopping";
      tap.setAttribute("aria-label", t(recording ? "record.stop" : "record.start"));
      for (const one of [play, keep, again]) one.disabled = now.phase === "saving";
      fill(keep, t(hint ? "record.keep-anyway" : "record.keep"));
      const note = now.note && t(`note.${now.note}`);
      fill(
        advice,
        [note, (reviewing && hint) || t(`phase.${now.phase}`)].filter(Boolean).join(" "),
      );
      advice.classList.toggle("warning", Boolean(note || (reviewing && hint)));
    },

    /** @param {boolean} playing */
    showPlaying(playing) {
      fill(play, t(playing ? "record.pause" : "record.play"));
    },

    /** Nothing is left to record for this speaker. */
    showDone() {
      fill(kind);
      fill(text, t("record.done"));
      tap.hidden = review.hidden = skip.hidden = true;
      fill(advice);
    },

    focusTap: () => tap.focus(),
    focusPlay: () => play.focus(),
  };
}
