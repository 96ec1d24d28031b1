/** Takes that a killed browser, a reload or an empty battery left: what was spoken is still there. */

import { startMeter } from "../checks/meter.js";
import * as db from "../db.js";
import { toInt16 } from "./pcm.js";
import { dropTake, fileOf, looseTakes, reviewTake } from "./take_rows.js";

/**
 * Make every take that no page holds reviewable; drop those without a single frame, and half a
 * spoken consent (it has no session): who agrees must say so whole.
 *
 * @returns {Promise<db.Clip[]>} in the order of time
 */
export async function recoverTakes() {
  const found = [];
  for (const row of await looseTakes()) {
    if (!row.session || !(await db.framesOf(row.id)).length) {
      await dropTake(row.id);
      continue;
    }
    if (row.state === "review") found.push(row);
    // A full phone writes nothing, and the app must open all the same.
    else found.push((await reviewTake(row.id, "recovered", {}).catch(() => null)) ?? row);
  }
  return found;
}

/**
 * Measure a take by its file, where nobody measured it while it was recorded.
 *
 * @param {db.Clip} row
 * @returns {Promise<Record<string, number>>} empty when this browser cannot decode it: the server will
 */
export async function measureFile(row) {
  const rate = row.rate ?? 0;
  const { bytes } = await fileOf(row);
  const meter = startMeter(rate);
  try {
    const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
    meter.push(toInt16(sound.getChannelData(0)));
  } catch {
    return {};
  }
  return meter.done(row.prompt);
}
