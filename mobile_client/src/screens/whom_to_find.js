/** Whose voices are missing most: said where somebody's clips would be extra. */

import { readPlan } from "../api.js";
import { make, say } from "../dom.js";
import { answerWords } from "./answers.js";

const SHOWN = 3;

/**
 * @param {import("../app.js").App} app
 * @returns {Promise<HTMLElement | null>} null: nobody in particular, or no network
 */
export async function whomToFind({ enrolment }) {
  if (!enrolment) return null;
  try {
    const { find } = await readPlan(enrolment.token, enrolment.campaign);
    if (!find.length) return null;
    const lines = find.slice(0, SHOWN).map(({ key }) => {
      return make("li", Object.values(key).map(answerWords).join(", "));
    });
    return make("div.find", say("p", "wanted.find"), make("ul", lines));
  } catch {
    return null;
  }
}
