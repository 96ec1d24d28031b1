/** Before recording: where the speaker is; the tap that answers also opens the microphone. */

import { button, fill, make } from "../dom.js";
import { header } from "../header.js";
import { errorText, t } from "../i18n.js";
import { speakerCode } from "../speaker_code.js";
import { openBooth } from "./booth.js";

const PLACES = ["quiet-room", "indoors", "outdoors", "vehicle"];

/** @type {import("../app.js").Screen} */
export function record(app, { speaker, consent }) {
  const problem = make("p", { role: "alert", class: "problem" });
  const view = make("div", {});
  /** @type {(() => void) | null} */
  let leave = null;
  let gone = false;

  /** @param {string} place */
  async function begin(place) {
    fill(problem);
    try {
      const booth = await openBooth(app, speaker, consent, place);
      if (gone) booth.leave();
      else {
        leave = booth.leave;
        fill(view, booth.view);
        booth.focus();
      }
    } catch (error) {
      fill(problem, errorText(error));
    }
  }

  const places = make("div", { class: "choices" });
  for (const place of PLACES) {
    places.append(button(t(`place.${place}`), () => void begin(place), { class: "choice" }));
  }
  fill(
    view,
    header(speakerCode(speaker.id), () => void app.go("people")),
    make("h2", { id: "where" }, t("record.where")),
    make("p", { class: "lead" }, t("record.where.lead")),
    problem,
    places,
  );
  return {
    view,
    leave: () => {
      gone = true;
      leave?.();
    },
  };
}
