/** The browser's offer to install the app: kept until somebody taps the quiet line on the first screen. */

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

/** @param {HTMLButtonElement} place the line's button, hidden while the browser offers nothing */
export function offerInstall(place) {
  line = place;
  line.hidden = !offer;
  line.onclick = async () => {
    await offer?.prompt();
    offer = null;
    place.hidden = true;
  };
}
