/** Every clip of this phone: where it is, what the server said of it, and what can be done with it. */

import { startPlayer } from "../capture/playback.js";
import * as db from "../db.js";
import { copyOf, fill, make, showText } from "../dom.js";
import { hintText, language, problemText, t } from "../i18n.js";
import { onChange, send } from "../outbox/sync.js";
import { recordAgain, redoReasons, toRedo } from "../redo.js";
import { speakerCode } from "../speaker_code.js";
import { withdrawClip } from "../withdraw.js";

const PAGE = 50;
/** While hundreds are sent, every one of them is a change. */
const REDRAW_MS = 1000;

/**
 * @param {db.Clip} clip
 * @returns {{mark: string, text: string, hint?: string}} mark is the class of the line; hint: only what
 *   to do better, where a button says the rest
 */
export function stateOf(clip) {
  if (clip.state === "withdrawn") return { mark: "gone", text: t("clip.withdrawn") };
  if (clip.state === "refused") return { mark: "bad", text: problemText(clip.refused) };
  if (clip.state === "recording" || clip.state === "review") {
    return { mark: "here", text: t("clip.unkept") };
  }
  if (clip.state !== "confirmed") return { mark: "here", text: t("clip.here") };
  const again = redoReasons(clip);
  if (again) {
    const hint = hintText(again);
    return { mark: "bad", text: t("clip.reject", { hint }), hint };
  }
  // Models are still to hear it: what they say may be worse.
  const { verdict } = clip;
  if (!verdict || verdict.provisional) return { mark: "safe", text: t("clip.safe") };
  if (verdict.outcome === "pass") return { mark: "good", text: t("clip.pass") };
  return { mark: "safe", text: t("clip.review") };
}

/** @type {import("../app.js").Screen} */
export async function clips(app) {
  const { from } = app;
  const { view, list, empty, more } = copyOf("clips", {
    back: () => app.go(["today", "settings"].includes(from) ? from : app.home),
    now: () => send({ tap: true }),
    more: showMore,
  });
  const player = startPlayer(() => {});
  let shown = PAGE;
  let gone = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  const day = new Intl.DateTimeFormat(language(), {
    weekday: "long",
    day: "numeric",
    month: "long",
  });

  /** @param {string} id */
  async function play(id) {
    const sound = await db.get("sounds", id);
    if (!sound || gone) return;
    player.load(sound.bytes);
    await player.toggle();
  }

  /** @param {db.Clip} clip */
  function takeBack(clip) {
    if (!confirm(t("clip.withdraw.sure"))) return;
    // The word goes out once it is written; a visit that came before it would miss it.
    void withdrawClip(clip).then(() => {
      void send();
      return draw();
    });
  }

  /**
   * @param {db.Clip} clip
   * @param {boolean} again whether its prompt is still wanted
   */
  function line(clip, again) {
    const { mark, text } = stateOf(clip);
    const here = ["ready", "sent", "refused"].includes(clip.state);
    const { view, ...parts } = copyOf("clip", {
      redo: () => recordAgain(app, clip.speaker, clip.prompt),
      play: () => play(clip.id),
      withdraw: () => takeBack(clip),
    });
    view.className = mark;
    showText(parts.text, clip.prompt);
    fill(parts.state, text);
    parts.who.hidden = parts.elsewhere.hidden = true;
    parts.open.hidden = clip.state !== "recording" && clip.state !== "review";
    parts.redo.hidden = !again;
    parts.play.hidden = !here;
    parts.acts.hidden = clip.state === "withdrawn";
    return view;
  }

  function showMore() {
    shown += PAGE;
    void draw();
  }

  async function draw() {
    const everything = await db.all("clips");
    if (gone) return;
    const wanted = new Set(toRedo(everything).map((clip) => clip.id));
    const rows = everything.reverse().slice(0, shown);
    empty.hidden = rows.length > 0;
    more.hidden = everything.length <= shown;
    /** @type {HTMLElement[]} */
    const groups = [];
    let title = "";
    for (const clip of rows) {
      const name = `${day.format(clip.made_at)} · ${speakerCode(clip.speaker)}`;
      if (name !== title) groups.push(make("h2", name), make("ul"));
      title = name;
      groups.at(-1)?.append(line(clip, wanted.has(clip.id)));
    }
    fill(list, ...groups);
  }

  /** What somebody holds open or has in focus is not drawn away under the finger. */
  function later() {
    clearTimeout(soon);
    soon = setTimeout(() => {
      if (list.contains(document.activeElement) || list.querySelector("[open]")) later();
      else void draw();
    }, REDRAW_MS);
  }

  await draw();
  const quiet = onChange(later);
  return {
    view,
    leave: () => {
      gone = true;
      quiet();
      clearTimeout(soon);
      player.unload();
    },
  };
}
