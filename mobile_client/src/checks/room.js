/** Pure: whether a room is quiet enough, told from the measures of two seconds in which nobody speaks. */

/**
 * Soft readers speak at about -33 dBov (the softest of twenty); 12 dB below that a room is heard in
 * every pause, and words begin to drown in it.
 */
const NOISY_DBOV = -45;
/** The least that an open microphone gives; less is a muted or covered one. */
const DEAD_DBOV = -100;

/**
 * Return what to tell the collector. It is advice: a campaign may want streets and kitchens.
 *
 * All of the sound counts, not only its quiet parts (`noise_dbov`): where nobody speaks, voices and
 * traffic that come and go are what the speaker will have to talk over.
 *
 * @param {Record<string, number>} measures of the room, by Meter
 * @returns {{verdict: "quiet" | "noisy" | "dead", level: number, threshold: number}} levels in dBov
 */
export function judgeRoom(measures) {
  const level = measures.rms_dbfs ?? DEAD_DBOV;
  const verdict = level <= DEAD_DBOV ? "dead" : level > NOISY_DBOV ? "noisy" : "quiet";
  return { verdict, level, threshold: NOISY_DBOV };
}
