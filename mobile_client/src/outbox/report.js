/** Tell the server how much waits on this phone, so that a manager sees whose phone needs a network. */

import { APP_VERSION } from "../phone_facts.js";
import { freeBytes } from "./room.js";

const AGAIN_MS = 3_600_000;
export const REPORTS = "devices/self/reports";

/**
 * @param {Pick<typeof import("../db.js"), "clipsBy">} db
 * @param {string} collector
 * @returns {Promise<Record<string, any>>} how this phone stands, as a report says it
 */
export async function standing(db, collector) {
  const rows = [...(await db.clipsBy("state", "ready")), ...(await db.clipsBy("state", "sent"))];
  const waiting = rows.filter((clip) => clip.collector === collector);
  return {
    unsent: waiting.length,
    unsent_bytes: waiting.reduce((sum, { request }) => sum + request.bytes, 0),
    free_bytes: (await freeBytes()) ?? 0,
    app_version: APP_VERSION,
  };
}

/**
 * When the number of waiting clips is another than it was, else once an hour.
 *
 * @param {Pick<import("./round.js").Doors, "api" | "db" | "now">} doors
 * @param {import("../db.js").Enrolment} enrolment
 */
export async function report({ api, db, now }, { collector, token }) {
  const said = await standing(db, collector);
  const { unsent } = said;
  const key = `report/${collector}`;
  const last = (await db.get("facts", key))?.value;
  if (last?.unsent === unsent && Math.abs(now() - last.at) < AGAIN_MS) return;
  await api.post(token, "POST", REPORTS, said);
  await db.put("facts", { key, value: { unsent, at: now() } });
}
