/** A consent in the speaker's own words: recorded like a take, kept as its evidence. */

import { openMicrophone } from "../capture/microphone.js";
import { dropTake, fileOf, holdTake, newTake } from "../capture/take_rows.js";
import { button, fill, make, say } from "../dom.js";
import { errorText, t } from "../i18n.js";

const LONGEST_S = 30;

/**
 * @param {import("../db.js").Enrolment} enrolment
 * @param {string} speaker
 * @param {(evidence: import("./consent.js").Evidence) => void} done
 * @returns {import("./consent.js").Way}
 */
export function speak({ collector, campaign }, speaker, done) {
  const said = make("p.problem", { role: "alert" });
  const lead = say("p.lead", "consent.speak.say", { words: t("consent.agree") });
  const acts = make("div");
  const level = make("meter", { "aria-hidden": "true" });
  /** @type {import("../capture/microphone.js").Microphone | null} */
  let microphone = null;
  /** @type {import("../db.js").Clip | null} */
  let take = null;
  /** @type {() => void} */
  let free = () => {};
  let silent = false;
  let player = new Audio();

  const listener = {
    level: (/** @type {number} */ peak) => {
      level.value = peak;
    },
    silence: () => {
      silent = true;
      fill(said, t("note.no-sound"));
    },
    lost: () => void stop(),
    bound: () => void stop(),
    full: () => void stop(),
  };

  async function start() {
    fill(said);
    silent = false;
    try {
      microphone ??= await openMicrophone(listener);
      // A row without a session: should this page die, it is no clip, and is thrown away.
      const prompt = /** @type {import("../api.js").Prompt} */ ({
        id: "",
        kind: "question",
        text: "",
      });
      const session = /** @type {import("../db.js").Row} */ ({
        id: "",
        collector,
        campaign,
        speaker,
      });
      take = newTake(session, prompt, { seq: 0, take: 1, rate: microphone.rate });
      free = await holdTake(take.id);
      await microphone.begin(take, LONGEST_S);
      fill(acts, button("record.stop", stop, "primary"));
      acts.querySelector("button")?.focus();
    } catch (error) {
      drop();
      fill(said, errorText(error));
      offer();
    }
  }

  async function stop() {
    const row = take;
    if (!row || !microphone) return;
    take = null;
    const recorded = await microphone.end();
    close();
    const { bytes, samples } = await fileOf(row);
    await dropTake(row.id);
    free();
    if (silent || !samples || recorded.why === "full") {
      fill(said, t(recorded.why === "full" ? "note.full" : "note.no-sound"));
      return offer();
    }
    const file = new Blob([bytes], { type: "audio/flac" });
    player = new Audio(URL.createObjectURL(file));
    fill(
      acts,
      make(
        "div.pair",
        button("record.play", () => player.play()),
        button("record.again", start),
      ),
      button("consent.speak.done", () => done({ bytes, type: "audio/flac" }), "primary"),
    );
    acts.querySelector("button")?.focus();
  }

  function offer() {
    fill(acts, button("record.start", start, "primary"));
  }

  function close() {
    microphone?.close();
    microphone = null;
    player.pause();
    if (player.src) URL.revokeObjectURL(player.src);
  }

  function drop() {
    const row = take;
    take = null;
    close();
    if (row) void dropTake(row.id).then(free);
  }

  offer();
  return { view: make("div", lead, said, level, acts), leave: drop };
}
