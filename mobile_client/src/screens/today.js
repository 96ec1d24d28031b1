/** The day: how much was recorded, whom to find next, which prompts to record again. */

import { readPlan } from "../api.js";
import * as db from "../db.js";
import { copyOf, fill, make, say, showText } from "../dom.js";
import { hintText, isolate, language, t } from "../i18n.js";
import { onChange } from "../outbox/sync.js";
import { recordAgain, redoReasons, toRedo } from "../redo.js";
import { speakerCode } from "../speaker_code.js";
import { answerWords } from "./answers.js";

/** @typedef {import("../api.js").Plan} Plan */

const MOST = 10;
/** Checks and people say more in the course of a day. */
const AGAIN_MS = 60_000;

/** @param {number} then */
function ago(then) {
  const minutes = Math.round((then - Date.now()) / 60_000);
  const words = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  if (minutes > -60) return words.format(minutes, "minute");
  if (minutes > -36 * 60) return words.format(Math.round(minutes / 60), "hour");
  return words.format(Math.round(minutes / 1440), "day");
}

/** @param {Record<string, string>} key of a cell */
function whom(key) {
  return Object.values(key).map(answerWords).map(isolate).join(" · ");
}

/**
 * @param {string} code
 * @param {Parameters<typeof showText>[1]} prompt
 * @param {Parameters<typeof hintText>[0]} reasons
 * @param {() => void} [redo] none: it was recorded on another phone
 */
function redoLine(code, prompt, reasons, redo) {
  const { view, who, text, state, ...parts } = copyOf("clip", { redo });
  view.className = "bad";
  fill(who, code);
  showText(text, prompt);
  fill(state, hintText(reasons));
  parts.open.hidden = parts.acts.hidden = true;
  parts.redo.hidden = !redo;
  parts.elsewhere.hidden = redo;
  return view;
}

/** @type {import("../app.js").Screen} */
export async function today(app) {
  const parts = copyOf("today");
  const FACT = `plan:${app.enrolment?.collector}`;
  /** @type {{at: number, plan: Plan} | null} */
  let kept = await db.fact(FACT, () => null);
  let gone = false;

  /** Without a network the one that is here is shown, with its age. */
  async function refresh() {
    if (!app.enrolment) return;
    try {
      const { token, campaign } = app.enrolment;
      kept = { at: Date.now(), plan: await readPlan(token, campaign) };
      await db.put("facts", { key: FACT, value: kept });
    } catch {}
    await draw();
  }

  /** @param {Plan["find"][number]} find */
  function findLine({ key, missing, unit }) {
    const n = Math.ceil(unit === "seconds" ? missing / 60 : missing);
    const words = t(`people.${unit}`, { n });
    return make("li", make("strong", whom(key)), make("span.who", words));
  }

  async function draw() {
    const midnight = new Date().setHours(0, 0, 0, 0);
    const mine = (await db.all("clips")).filter(
      (clip) => clip.collector === app.enrolment?.collector,
    );
    if (gone) return;
    const kinds = ["ready", "sent", "confirmed", "refused"];
    const now = mine.filter((clip) => clip.made_at >= midnight && kinds.includes(clip.state));
    const seconds = now.reduce((sum, { request }) => sum + (request.duration_ms ?? 0) / 1000, 0);
    const redo = toRedo(mine);
    const here = new Set(mine.map((clip) => clip.id));
    const { find = [], day } = kept?.plan ?? {};
    const elsewhere = (kept?.plan.redo ?? []).filter(({ clip }) => !here.has(clip));
    const counts = Object.entries({
      "today.recorded": now.length,
      "today.minutes.label": Math.round(seconds / 60),
      ...(day && {
        "today.passed": day.passed,
        "today.review": day.review,
        "today.rejected": day.rejected,
      }),
    });
    fill(
      parts.counts,
      counts.flatMap(([key, n]) => [say("dt", key), make("dd", String(n))]),
    );
    fill(parts.find, find.slice(0, MOST).map(findLine));
    fill(parts.nobody, !find.length && t(kept ? "today.find.none" : "today.none"));
    parts.nothing.hidden = redo.length + elsewhere.length > 0;
    fill(
      parts.redo,
      redo
        .slice(0, MOST)
        .map(({ speaker, prompt, ...clip }) =>
          redoLine(speakerCode(speaker), prompt, redoReasons(clip) ?? [], () =>
            recordAgain(app, speaker, prompt),
          ),
        ),
      elsewhere
        .slice(0, MOST)
        .map(({ code, text, reasons }) =>
          redoLine(code, { text, language: "", direction: "auto" }, reasons),
        ),
    );
    fill(parts.age, kept && t("today.age", { ago: ago(kept.at) }));
  }

  await draw();
  refresh();
  const again = setInterval(refresh, AGAIN_MS);
  const quiet = onChange(() => void draw());
  return {
    view: parts.view,
    leave: () => {
      gone = true;
      clearInterval(again);
      quiet();
    },
  };
}
