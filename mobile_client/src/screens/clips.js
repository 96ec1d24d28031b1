/** Every clip of this phone: where it is, what the server said of it, and what can be done with it. */

import * as db from "../db.js";
import { button, copyOf, fill, make, say } from "../dom.js";
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
  const player = new Audio();
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
    stop();
    const sound = await db.get("sounds", id);
    const clip = sound && (await db.get("clips", id));
    if (!clip || gone) return;
    const type = clip.request.content_type;
    player.src = URL.createObjectURL(new Blob([sound.bytes], { type }));
    player.play().catch(stop);
  }

  function stop() {
    player.pause();
    if (player.src) URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
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
    const { language: lang, direction: dir } = clip.prompt;
    const open = clip.state === "recording" || clip.state === "review";
    const acts = [
      here && button("record.play", () => play(clip.id)),
      clip.state !== "withdrawn" && button("clip.withdraw", () => takeBack(clip)),
    ].filter(Boolean);
    return make(
      "li",
      { class: mark },
      make("span", { lang, dir }, clip.prompt.text),
      make("strong", text),
      open && button("recovered.title", () => app.go("recovered")),
      again && button("record.redo", () => recordAgain(app, clip.speaker, clip.prompt)),
      acts.length > 0 && make("details", say("summary", "clip.acts"), make("div.row", acts)),
    );
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
      stop();
    },
  };
}
