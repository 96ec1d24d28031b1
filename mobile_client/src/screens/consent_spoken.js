/** A consent in the speaker's own words: recorded like a take, kept as its evidence. */

import { openMicrophone } from "../capture/microphone.js";
import { startPlayer } from "../capture/playback.js";
import { dropTake, fileOf, holdTake, newTake } from "../capture/take_rows.js";
import { copyOf, fill } from "../dom.js";
import { errorText, t } from "../i18n.js";

const LONGEST_S = 30;

/**
 * @param {import("../db.js").Enrolment} enrolment
 * @param {string} speaker
 * @param {(evidence: import("./consent.js").Evidence) => void} done
 * @returns {import("./consent.js").Way}
 */
export function speak({ collector, campaign }, speaker, done) {
  const { view, said, level, ...parts } = copyOf("spoken", {
    start,
    end: stop,
    again: start,
    play: () => player.toggle(),
    use: () => done({ bytes: sound, type: "audio/flac" }),
  });
  /** @type {ArrayBuffer} */
  let sound;
  /** @type {import("../capture/microphone.js").Microphone | null} */
  let microphone = null;
  /** @type {import("../db.js").Clip | null} */
  let take = null;
  /** @type {() => void} */
  let free = () => {};
  let silent = false;
  const player = startPlayer(() => {});

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
      offer("end");
      parts.end.focus();
    } catch (error) {
      drop();
      fill(said, errorText(error));
      offer("start");
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
      return offer("start");
    }
    sound = bytes;
    player.load(bytes);
    offer("made");
    parts.play.focus();
  }

  /** @param {string} act what can be done now */
  function offer(act) {
    for (const name of ["start", "end", "made"]) parts[name].hidden = name !== act;
  }

  function close() {
    microphone?.close();
    microphone = null;
    player.unload();
  }

  function drop() {
    const row = take;
    take = null;
    close();
    if (row) void dropTake(row.id).then(free);
  }

  fill(parts.lead, t("consent.speak.say", { words: t("consent.agree") }));
  return { view, leave: drop };
}
