/** Before recording: where the speaker is, what it sounds like there; then the booth. */

import { openMicrophone } from "../capture/microphone.js";
import { button, fill, make, say } from "../dom.js";
import { header } from "../header.js";
import { errorText, t } from "../i18n.js";
import { speakerCode } from "../speaker_code.js";
import { openBooth } from "./booth.js";
import { checkRoom } from "./room.js";

const PLACES = ["quiet-room", "indoors", "outdoors", "vehicle"];
const nothing = () => {};

/** @type {import("../app.js").Screen} */
export function record(app, { speaker, consent, prompt, hold }) {
  const problem = make("p.problem", { role: "alert" });
  const view = make("div");
  const top = () => header(speakerCode(speaker.id), () => void app.go("people"));
  let gone = false;
  let leave = nothing;
  /** Ends the waiting for the room. @type {(why: Error) => void} */
  let stop = nothing;

  /**
   * Nothing is recorded yet: a microphone that goes away is only opened again.
   *
   * @param {string} place
   */
  async function begin(place) {
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
      const waiting = make("div.room");
      fill(view, top(), waiting);
      const rules = app.pack?.quality_profile.rules ?? [];
      const room = await checkRoom(waiting, microphone, rules, stopped);
      const booth = await openBooth(app, speaker, consent, place, microphone, {
        prompt,
        room,
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
    const places = make("div.choices");
    for (const place of PLACES) {
      // The tap that answers also opens the microphone, as browsers want it.
      const tap = () => {
        // Once: a second microphone would never be closed.
        places.inert = true;
        void begin(place);
      };
      places.append(button(`place.${place}`, tap, "choice"));
    }
    fill(
      view,
      top(),
      say("h2", "record.where"),
      say("p.lead", "record.where.lead"),
      problem,
      places,
    );
  }

  ask();
  return {
    view,
    leave: () => {
      gone = true;
      stop(new Error("left"));
      leave();
    },
  };
}
