/** Pure: where the app must be installed before anything may be recorded. */

/**
 * Every browser of an iPhone or iPad has WebKit's storage rules: what a tab keeps is not the
 * installed app's, and is deleted after seven days without a visit. An iPad says that it is a Mac;
 * its touch screen gives it away, since no Mac has one.
 *
 * @param {object} phone
 * @param {string} phone.agent `navigator.userAgent`
 * @param {number} phone.touchPoints `navigator.maxTouchPoints`
 * @param {boolean} phone.standalone started from the home screen
 */
export function mustInstall({ agent, touchPoints, standalone }) {
  const apple = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1);
  return apple && !standalone;
}

/** Not pure: ask this browser. */
export function installFirst() {
  const own = /** @type {{standalone?: boolean}} */ (/** @type {unknown} */ (navigator)).standalone;
  return mustInstall({
    agent: navigator.userAgent,
    touchPoints: navigator.maxTouchPoints,
    standalone: own === true || matchMedia("(display-mode: standalone)").matches,
  });
}
