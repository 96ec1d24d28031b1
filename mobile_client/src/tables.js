/** What this phone keeps: the tables of its database. Bytes are ArrayBuffers: Blobs fail on iOS. */

/**
 * @typedef {object} Enrolment
 * @property {string} collector key
 * @property {string} campaign
 * @property {string} token
 * @property {string} name
 * @property {number} enrolled_at
 * @property {string} [install_id] what this collector's phone calls itself: two collectors on one
 *   phone may use one code, and the server knows a phone again by code and install id
 * @property {boolean} [signed_out] the server no longer takes the token
 */

/** @typedef {{campaign: string, etag: string, pack: import("./api.js").Pack}} PackRow */

/**
 * Something the server learns by one PUT. `request` is its body: written once, so that every
 * repetition is the same request. It changes only after a refusal: a request whose answer was lost
 * may be on the server.
 *
 * @typedef {object} Row
 * @property {string} id key, a UUID
 * @property {string} collector
 * @property {string} campaign
 * @property {string} speaker
 * @property {Record<string, any>} request
 * @property {boolean} sent the server has it
 * @property {string} refused the problem for which the server will never take it, or empty
 * @property {number} made_at
 * @property {Record<string, unknown>} [answers] of a speaker: as corrected later, where they differ
 *   from those of the request; the server learns them by a PATCH (table `posts`)
 * @property {number} [version] of a consent: which version of the text it was
 * @property {string} [evidence] of a consent with evidence: `home`, or the problem for which the
 *   server will never take it; absent while its bytes are only here
 * @property {{n: number, sha256: string, bytes: number}[]} [parts] of a clip or a consent after the
 *   transfer of its bytes broke: they are sent in pieces
 * @property {number} [parts_home] how many of them, from the first, the store has
 */

/**
 * `recording`: frames are written as they are made. `review`: the sound is whole, nobody has said
 * "keep" yet. `ready`: kept, its file is in `sounds`. `sent`: the store took the bytes. `confirmed`:
 * the server gave the receipt, the bytes are gone from here. `refused`: the server will not take it;
 * the bytes stay. `withdrawn`: the speaker took it back; no bytes are here any more.
 *
 * @typedef {object} ClipFacts
 * @property {string} session
 * @property {import("./api.js").Prompt} prompt
 * @property {"recording" | "review" | "ready" | "sent" | "confirmed" | "refused" | "withdrawn"} state
 * @property {import("./api.js").Receipt | null} receipt
 * @property {import("./api.js").ServerVerdict | null} verdict
 * @property {number} tries
 * @property {number} next_try
 * @property {number} [rate] Hz, of a clip in `recording` or `review`
 * @property {string} [note] why it ended, or that it was found after the browser was killed
 * @property {boolean} [unsure] a transfer broke: the store may have the bytes all the same
 * @property {import("./api.js").ServerVerdict["reasons"] | null} [redo] why the server wants its
 *   prompt again; null: no longer
 */

/** @typedef {Row & ClipFacts} Clip */

/**
 * One FLAC frame of a take that is not kept yet; together they are its file, without the header.
 *
 * @typedef {object} Frame
 * @property {string} clip
 * @property {number} n from 0
 * @property {number} samples
 * @property {ArrayBuffer} bytes
 */

/**
 * Something the server learns by one POST (or PATCH) that has no id of its own: a withdrawal, a report
 * on a prompt, a correction. `request` is its body, `path` its address under /v1/. A withdrawal of what
 * the server does not know (404) is done.
 *
 * @typedef {object} Post
 * @property {string} id key, a UUID
 * @property {string} collector
 * @property {string} path
 * @property {"POST" | "PATCH"} [method] POST when absent
 * @property {string} [needs] id of a speaker or session: waits while that row is here and neither
 *   sent nor refused
 * @property {Record<string, any>} request
 * @property {boolean} sent
 * @property {string} refused
 * @property {number} made_at
 */

/**
 * What the server holds for this phone: so many clips of a cell, to be recorded without a network.
 *
 * @typedef {object} Lease
 * @property {string} id key
 * @property {string} collector
 * @property {string} campaign
 * @property {string} cell the key of the coverage cell of its people
 * @property {{environment?: string}} [conditions] where to record
 * @property {number} clips
 * @property {number} seconds
 * @property {number} used clips kept on this phone under it
 * @property {string} expires_at
 */

/** @typedef {{id: string, revision: number, content_type: string, bytes: ArrayBuffer}} PromptAudio */

/**
 * A clip's file, apart from its facts: a list of five hundred clips must not read their sound.
 *
 * @typedef {{id: string, bytes: ArrayBuffer}} Sound
 */

/**
 * @typedef {object} Tables
 * @property {{key: string, value: any}} facts
 * @property {Enrolment} enrolments
 * @property {PackRow} packs
 * @property {Row} speakers
 * @property {Row} consents
 * @property {Row} sessions
 * @property {Clip} clips
 * @property {Sound} sounds by the id of a clip, or of a consent whose evidence is not home
 * @property {Frame} frames
 * @property {Post} posts
 * @property {Lease} leases
 * @property {PromptAudio} prompt_audio
 */

export const NAME = "fieldvoice";
// Additive only: an old page and a new worker may have it open at the same time.
export const VERSION = 2;
/** @type {Record<keyof Tables, string | string[]>} */
export const KEYS = {
  facts: "key",
  enrolments: "collector",
  packs: "campaign",
  speakers: "id",
  consents: "id",
  sessions: "id",
  clips: "id",
  sounds: "id",
  frames: ["clip", "n"],
  posts: "id",
  leases: "id",
  prompt_audio: "id",
};
/** @type {{table: keyof Tables, name: string, path: string | string[]}[]} */
export const INDEXES = [
  { table: "clips", name: "state", path: "state" },
  { table: "clips", name: "speaker", path: "speaker" },
  { table: "clips", name: "session", path: "session" },
];
