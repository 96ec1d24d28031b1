/** The browser's offer to install the app: kept until somebody taps the quiet line on the first screen. */

import { button } from "./dom.js";
import { askToKeep } from "./persistence.js";

/** @typedef {Event & {prompt: () => Promise<void>}} Offer Chrome's BeforeInstallPromptEvent */

/** @type {Offer | null} */
let offer = null;
/** @type {HTMLButtonElement | null} */
let line = null;

/** Listen; the offer comes once, early, and is lost if nobody does. */
export function watchInstall() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = /** @type {Offer} */ (event);
    if (line) line.hidden = false;
  });
  addEventListener("appinstalled", () => {
    offer = null;
    if (line) line.hidden = true;
    void askToKeep();
  });
}

/** @returns {HTMLButtonElement} hidden while the browser offers nothing */
export function installLine() {
  const tap = async () => {
    await offer?.prompt();
    offer = null;
    if (line) line.hidden = true;
  };
  line = button("install.offer", tap, "quiet", { hidden: !offer });
  return line;
}
