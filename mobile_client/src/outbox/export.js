/** What is only on this phone, as ZIP files that anybody can carry to the server by another way. */

import { APP_VERSION } from "../phone_facts.js";
import { startZip } from "./zip.js";

/** @typedef {import("../db.js").Row} Row */
/** @typedef {import("../db.js").Clip} Clip */
/** @typedef {Pick<typeof import("../db.js"), "all" | "clipsBy" | "get">} Db */

/** A ZIP of this size is still carried by mail servers of one's own, sticks and one upload. */
export const MOST_BYTES = 1e9;
const MOST_CLIPS = 5000;
const WITHDRAWAL = /^(speaker|clip)s\/([^/]+)\/withdraw$/;

/**
 * What one file holds: so many clips of one campaign, with all that they rest on.
 *
 * @typedef {object} Copy
 * @property {string} campaign
 * @property {Row[]} speakers
 * @property {Row[]} consents
 * @property {Row[]} sessions
 * @property {Clip[]} clips
 * @property {Withdrawal[]} withdrawals
 */

/** @typedef {{collector: string, campaign: string, speaker?: string, clip?: string}} Withdrawal */

/**
 * @param {Db} db
 * @returns {Promise<{clips: Clip[], unkept: number, bytes: number}>} `unkept`: takes of which nobody
 *   has said "keep"
 */
export async function unsent(db) {
  /** @type {Clip["state"][]} */
  const kept = ["ready", "sent", "refused"];
  const clips = (await Promise.all(kept.map((state) => db.clipsBy("state", state)))).flat();
  const takes = [
    ...(await db.clipsBy("state", "review")),
    ...(await db.clipsBy("state", "recording")),
  ];
  const bytes = clips.reduce((sum, { request }) => sum + request.bytes, 0);
  return { clips, unkept: takes.length, bytes };
}

/**
 * Deal the clips out to files. Each holds the speakers, consents and sessions of its campaign that
 * the server does not know, or that a clip here rests on: one file is taken in without the others.
 *
 * @param {Db} db
 * @param {number} [most] bytes of sound in one file
 * @returns {Promise<Copy[]>}
 */
export async function planCopies(db, most = MOST_BYTES) {
  const { clips } = await unsent(db);
  /**
   * @param {"speakers" | "consents" | "sessions"} table
   * @param {unknown[]} ids
   */
  const needed = async (table, ids) =>
    (await db.all(table)).filter(
      // Nothing of who took their voice back leaves the phone but that word.
      (row) => row.refused !== "speaker-withdrawn" && (!row.sent || ids.includes(row.id)),
    );
  const sessions = await needed("sessions", of(clips, "session"));
  const consents = await needed("consents", of(of(sessions, "request"), "consent"));
  const speakers = await needed("speakers", of([...sessions, ...consents], "speaker"));
  const withdrawals = await withdrawn(db);

  const campaigns = of(
    [...clips, ...speakers, ...consents, ...sessions, ...withdrawals],
    "campaign",
  );
  /** @type {Copy[]} */
  const copies = [];
  for (const campaign of new Set(campaigns)) {
    /**
     * @template {{campaign: string}} T
     * @param {T[]} rows
     */
    const own = (rows) => rows.filter((row) => row.campaign === campaign);
    const rows = {
      campaign,
      speakers: own(speakers),
      consents: own(consents),
      sessions: own(sessions),
      withdrawals: own(withdrawals),
    };
    /** @type {number} */
    let full = most;
    for (const clip of own(clips)) {
      /** @type {number} */
      const bytes = clip.request.bytes;
      if (full + bytes > most || copies.at(-1)?.clips.length === MOST_CLIPS) {
        copies.push({ ...rows, clips: [] });
        full = 0;
      }
      full += bytes;
      copies.at(-1)?.clips.push(clip);
    }
    if (full === most) copies.push({ ...rows, clips: [] });
  }
  return copies;
}

/**
 * @template {Record<string, any>} T
 * @template {keyof T} K
 * @param {T[]} rows
 * @param {K} name
 * @returns {T[K][]}
 */
const of = (rows, name) => rows.map((row) => row[name]);

/**
 * @param {Db} db
 * @returns {Promise<Withdrawal[]>} what the server has not heard of
 */
async function withdrawn(db) {
  const enrolments = await db.all("enrolments");
  return (await db.all("posts")).flatMap(({ sent, path, collector }) => {
    const campaign = enrolments.find((row) => row.collector === collector)?.campaign;
    const [, what, id] = path.match(WITHDRAWAL) ?? [];
    return !sent && campaign && what && id ? [{ collector, campaign, [what]: id }] : [];
  });
}

/**
 * Write one file; the sounds are read one by one. Throws what the storage throws.
 *
 * @param {Db} db
 * @param {Copy} copy
 * @param {string} name of the file
 * @param {() => void} [tell] called after every clip
 * @returns {Promise<File>}
 */
export async function writeCopy(db, copy, name, tell = () => {}) {
  const now = new Date();
  const zip = startZip(now);
  const enrolments = (await db.all("enrolments")).filter((row) => row.campaign === copy.campaign);
  const plain = (/** @type {Row} */ { id, collector, campaign, request }) => {
    return { id, collector, campaign, request };
  };
  /**
   * @param {string} folder
   * @param {Row} row
   * @param {string} type
   */
  async function withFile(folder, row, type) {
    const sound = await db.get("sounds", row.id);
    if (!sound) return plain(row);
    const file = `${folder}/${row.id}.${type.split("/")[1]}`;
    zip.add(file, sound.bytes);
    return { ...plain(row), file };
  }
  const consents = [];
  for (const row of copy.consents) {
    consents.push(await withFile("consents", row, row.request.evidence?.content_type ?? ""));
  }
  const clips = [];
  for (const clip of copy.clips) {
    clips.push(await withFile("clips", clip, clip.request.content_type));
    tell();
  }
  const manifest = {
    format: 1,
    app_version: APP_VERSION,
    made_at: now.toISOString(),
    install_id: enrolments[0]?.install_id ?? (await db.get("facts", "install-id"))?.value ?? "",
    enrolments: enrolments.map(({ collector, campaign }) => ({ collector, campaign })),
    // A correction that was not sent goes along; the server drops one that it knows better.
    speakers: copy.speakers.map((row) => ({ ...plain(row), answers: row.answers })),
    consents,
    sessions: copy.sessions.map(plain),
    clips,
    withdrawals: copy.withdrawals,
  };
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  zip.add("fieldvoice.json", text.buffer);
  return new File(zip.end(), name, { type: "application/zip" });
}

/**
 * Pure: a name without anybody's.
 *
 * @param {string} campaign
 * @param {Date} now
 * @param {number} index
 * @param {number} count of files
 */
export function nameOf(campaign, now, index, count) {
  const time = now.toISOString().slice(0, 16).replace(/\D/g, "");
  return `fieldvoice-${campaign}-${time}${count > 1 ? `-${index + 1}of${count}` : ""}.zip`;
}
