/** Two quiet seconds before a session: what the room sounds like, told before anybody speaks in it. */

import { copyOf, fill } from "../dom.js";
import { t } from "../i18n.js";
import { judgeRoom } from "../room_verdict.js";

const SECONDS = 2;
const READ_MS = 700;

/** @typedef {{room: (seconds: number) => Promise<Record<string, number>>}} Ear an open microphone */

/**
 * Listen to the room, as often as wanted. Done when it is quiet, or when somebody goes on anyway.
 *
 * @param {HTMLElement} place what is shown meanwhile goes here
 * @param {Ear} microphone
 * @param {import("../checks/verdict.js").Rule[]} rules
 * @param {Promise<never>} stopped fails when the screen is left, and so does this
 * @returns {Promise<Record<string, unknown>>} what a session keeps of it
 */
export async function checkRoom(place, microphone, rules, stopped) {
  for (let tries = 1; ; tries++) {
    const { view, heading, lead, wait, again, on } = copyOf("room");
    again.hidden = on.hidden = true;
    fill(heading, t("room.listen"));
    fill(lead, t("room.listen.lead"));
    fill(place, view);
    const measures = await Promise.race([microphone.room(SECONDS), stopped]);
    const { verdict, level } = judgeRoom(measures, rules);
    const facts = { verdict, level_dbov: level, tries };
    fill(heading, t(`room.${verdict}`));
    wait.hidden = lead.hidden = true;
    if (verdict === "quiet" || verdict === "humming") {
      await Promise.race([new Promise((read) => setTimeout(read, READ_MS)), stopped]);
      return facts;
    }
    fill(lead, t(`room.${verdict}.lead`));
    lead.hidden = again.hidden = on.hidden = false;
    again.focus();
    const went_on = await Promise.race([
      new Promise((answer) => {
        again.onclick = () => answer(false);
        on.onclick = () => answer(true);
      }),
      stopped,
    ]);
    if (went_on) return { ...facts, went_on };
  }
}
