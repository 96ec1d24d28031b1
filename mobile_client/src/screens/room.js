/** Two quiet seconds before a session: what the room sounds like, told before anybody speaks in it. */

import { button, fill, make, say } from "../dom.js";
import { t } from "../i18n.js";
import { judgeRoom } from "../room_verdict.js";

const SECONDS = 2;
const READ_MS = 700;

/** @param {string} text */
const told = (text) => make("div", { role: "status" }, make("h2", text));

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
    fill(place, told(t("room.listen")), say("p.lead", "room.listen.lead"), make("div.wait"));
    const measures = await Promise.race([microphone.room(SECONDS), stopped]);
    const { verdict, level } = judgeRoom(measures, rules);
    const facts = { verdict, level_dbov: level, tries };
    const heading = told(t(`room.${verdict}`));
    if (verdict === "quiet" || verdict === "humming") {
      fill(place, heading);
      await Promise.race([new Promise((read) => setTimeout(read, READ_MS)), stopped]);
      return facts;
    }
    /** @type {Promise<boolean>} */
    const asked = new Promise((answer) => {
      const again = button("room.again", () => answer(false), "primary");
      const on = button("room.on", () => answer(true), "quiet");
      fill(place, heading, say("p.lead", `room.${verdict}.lead`), again, on);
      again.focus();
    });
    const on = await Promise.race([asked, stopped]);
    if (on) return { ...facts, went_on: true };
  }
}
