/** Pure: what two quiet seconds tell of a room before anybody speaks in it. */

/** Speech at arm's length from a phone that does not amplify. */
const SPEECH_DBOV = -26;
/** Fewer decibels between the two are heard as noise; the campaign's profile may say otherwise. */
const LEAST_SNR_DB = 12;
/** From there on the room is no longer heard. */
const QUIET_DBOV = -50;
const DEAD_DBOV = -100;

/**
 * @typedef {"dead" | "quiet" | "humming" | "noisy"} RoomVerdict dead: not even the microphone's own
 *   noise is heard, so it is covered by software
 */

/**
 * From which level on a clip that is recorded here would be called noisy by the profile.
 *
 * @param {import("./checks/verdict.js").Rule[]} rules
 */
function boundOf(rules) {
  const bounds = rules.flatMap(({ code, measure, threshold }) => {
    if (code !== "noisy") return [];
    if (measure === "noise_dbov") return [threshold];
    return measure === "snr_db" ? [SPEECH_DBOV - threshold] : [];
  });
  return bounds.length ? Math.min(...bounds) : SPEECH_DBOV - LEAST_SNR_DB;
}

/**
 * @param {Record<string, number>} measures of the silence
 * @param {import("./checks/verdict.js").Rule[]} rules of the campaign's profile
 * @returns {{verdict: RoomVerdict, level: number}}
 */
export function judgeRoom(measures, rules) {
  // All of the sound, not only its quiet parts: voices and traffic that come and go are what the
  // speaker will have to talk over.
  const level = Math.max(measures.noise_dbov ?? DEAD_DBOV, measures.rms_dbfs ?? DEAD_DBOV);
  if (level <= DEAD_DBOV || measures.peak === 0) return { verdict: "dead", level };
  if (level > boundOf(rules)) return { verdict: "noisy", level };
  return { verdict: level > QUIET_DBOV ? "humming" : "quiet", level };
}
