/** What is only on this phone, as ZIP files that anybody can carry to the server by another way. */

import { APP_VERSION } from "../phone_facts.js";
import { Zip } from "./zip.js";

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
 * @property {Record<string, string>[]} withdrawals
 */

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
 * Pure: deal the clips out to files. Each holds the speakers, consents and sessions of its clips,
 * those that the server knows already, too; the first of a campaign also what is not sent without
 * a clip.
 *
 * @param {Clip[]} clips
 * @param {{speakers: Row[], consents: Row[], sessions: Row[]}} rows
 * @param {Record<string, string>[]} withdrawals
 * @param {number} [most] bytes of sound in one file
 * @returns {Copy[]}
 */
export function dealOut(clips, rows, withdrawals, most = MOST_BYTES) {
  const unknown = (/** @type {Row} */ row) => !row.sent;
  const everything = [...clips, ...Object.values(rows).flat().filter(unknown), ...withdrawals];
  const campaigns = new Set(everything.map(({ campaign }) => campaign ?? ""));
  return [...campaigns].flatMap((campaign) => {
    /** @type {Clip[][]} */
    const shares = [[]];
    let size = 0;
    for (const clip of clips) {
      if (clip.campaign !== campaign) continue;
      const last = shares.at(-1) ?? [];
      const full = size + clip.request.bytes > most || last.length === MOST_CLIPS;
      if (full && last.length) shares.push([]);
      size = (full ? 0 : size) + clip.request.bytes;
      shares.at(-1)?.push(clip);
    }
    return shares.map((share, index) => {
      const first = (/** @type {Row} */ row) => index === 0 && unknown(row);
      const here = (/** @type {Row[]} */ of, /** @type {(row: Row) => boolean} */ needed) =>
        of.filter((row) => row.campaign === campaign && (first(row) || needed(row)));
      const ids = new Set(share.map((clip) => clip.session));
      const sessions = here(rows.sessions, (row) => ids.has(row.id));
      const given = new Set(sessions.map((row) => row.request.consent));
      const consents = here(rows.consents, (row) => given.has(row.id));
      const heard = new Set([...sessions, ...consents].map((row) => row.speaker));
      const speakers = here(rows.speakers, (row) => heard.has(row.id));
      const back = index ? [] : withdrawals.filter((one) => one.campaign === campaign);
      return { campaign, speakers, consents, sessions, clips: share, withdrawals: back };
    });
  });
}

/**
 * @param {Db} db
 * @returns {Promise<Copy[]>}
 */
export async function planCopies(db) {
  const { clips } = await unsent(db);
  const [speakers, consents, sessions, posts, enrolments] = await Promise.all([
    db.all("speakers"),
    db.all("consents"),
    db.all("sessions"),
    db.all("posts"),
    db.all("enrolments"),
  ]);
  const campaigns = new Map(enrolments.map((row) => [row.collector, row.campaign]));
  const withdrawals = posts.flatMap(({ sent, path, collector }) => {
    const [, what, id] = path.match(WITHDRAWAL) ?? [];
    const campaign = campaigns.get(collector);
    return !sent && campaign && what && id ? [{ collector, campaign, [what]: id }] : [];
  });
  // Nothing of who took their voice back leaves the phone but that word.
  const stays = (/** @type {Row} */ row) => row.refused !== "speaker-withdrawn";
  const rows = { speakers: speakers.filter(stays), consents: consents.filter(stays), sessions };
  return dealOut(clips, { ...rows, sessions: sessions.filter(stays) }, withdrawals);
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
  const zip = new Zip(now);
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
