/** The top of a screen: its heading, and the way back where there is one. */

import { make, plainButton } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @param {string} title
 * @param {(() => void) | null} [back]
 * @param {HTMLElement | null} [end] what else is at the top
 */
export function header(title, back = null, end = null) {
  const way = back && plainButton("‹", back, "back", { "aria-label": t("back") });
  return make("header.top", way, make("h1", title), end);
}
