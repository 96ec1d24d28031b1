/** Screens that are not needed to begin: their code is read when somebody goes there. */

import { make } from "./dom.js";
import { header } from "./header.js";
import { t } from "./i18n.js";

/**
 * The server links what is named so into a second file (backend/console/phone_link.py), which the
 * service worker keeps on the phone like the first.
 *
 * @param {() => Promise<Record<string, any>>} read
 * @param {string} name of the screen in that module
 * @returns {import("./app.js").Screen}
 */
export function later(read, name) {
  return async (app, params) => {
    try {
      return (await read())[name](app, params);
    } catch {
      const back = () => void app.go("people");
      const problem = make("p", { role: "alert", class: "problem" }, t("problem.no-answer"));
      return { view: make("div", {}, header("Fieldvoice", back), problem) };
    }
  };
}
