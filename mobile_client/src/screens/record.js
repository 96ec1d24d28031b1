/** Before recording: where the speaker is, what it sounds like there; then the booth. */

import { openMicrophone } from "../capture/microphone.js";
import { copyOf, fill } from "../dom.js";
import { errorText, t } from "../i18n.js";
import { speakerCode } from "../speaker_code.js";
import { openBooth } from "./booth.js";
import { checkRoom } from "./room.js";

const nothing = () => {};

/** @type {import("../app.js").Screen} */
export function record(app, { speaker, consent, prompt, hold, place }) {
  const { view, title, where, problem, places, room } = copyOf("where");
  let gone = false;
  let leave = nothing;
  /** Ends the waiting for the room. @type {(why: Error) => void} */
  let stop = nothing;

  /**
   * Nothing is recorded yet: a microphone that goes away is only opened again.
   *
   * @param {string} chosen
   */
  async function begin(chosen) {
    fill(problem);
    const interrupted = new DOMException("left", "AbortError");
    /** @type {Promise<never>} */
    const stopped = new Promise((_, fail) => {
      stop = fail;
    });
    stopped.catch(nothing);
    const lost = () => stop(interrupted);
    /** @type {import("../capture/microphone.js").Microphone | undefined} */
    let microphone;
    try {
      microphone = await openMicrophone({ lost });
      where.hidden = true;
      room.hidden = false;
      const rules = app.pack?.quality_profile.rules ?? [];
      const heard = await checkRoom(room, microphone, rules, stopped);
      const booth = await openBooth(app, speaker, consent, chosen, microphone, {
        prompt,
        room: heard,
        hold,
      });
      if (gone) return booth.leave();
      leave = booth.leave;
      fill(view, booth.view);
      booth.focus();
    } catch (error) {
      microphone?.close();
      if (gone) return;
      ask();
      fill(problem, error === interrupted ? t("note.interrupted") : errorText(error));
    }
  }

  function ask() {
    where.hidden = places.inert = false;
    room.hidden = true;
  }

  // The tap that answers also opens the microphone, as browsers want it.
  places.onclick = (/** @type {{target: HTMLButtonElement}} */ { target }) => {
    if (!target.value) return;
    // Once: a second microphone would never be closed.
    places.inert = true;
    void begin(target.value);
  };
  for (const one of places.children) one.classList.toggle("primary", one.value === place);
  fill(title, speakerCode(speaker.id));
  return {
    view,
    leave: () => {
      gone = true;
      stop(new Error("left"));
      leave();
    },
  };
}
