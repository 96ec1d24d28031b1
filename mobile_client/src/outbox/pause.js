/** Pure: how long to rest after a failure. */

const PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 300_000;

/**
 * The pause after the n-th failure in a row, with jitter, so that many phones that lost the same
 * server do not come back in step.
 *
 * @param {number} tries
 * @param {number} [random] 0 to 1
 */
export function pauseAfter(tries, random = Math.random()) {
  return Math.min(PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS) * (0.75 + random / 2);
}

/**
 * Whether something is left alone until then. A clock that was set back must not make it days.
 *
 * @param {number} until
 * @param {number} now
 */
export function rests(until, now) {
  return until > now && until - now < 2 * LONGEST_PAUSE_MS;
}
