/** Keep what a day without a network needs: the pack as it is now, and its prompts' sound. */

import { Problem } from "../door.js";

/** @typedef {import("./round.js").Doors} Doors */

/** At most so many in one visit: what is recorded goes first. */
const SOUNDS_AT_ONCE = 20;
/** Which revision of which prompt's sound is here: the sounds themselves are too much to look through. */
const HEARD = "prompt-sounds";

/**
 * @param {Pick<Doors, "api" | "db">} doors
 * @param {import("../db.js").Enrolment} enrolment
 */
export async function refreshPack({ api, db }, { campaign, token }) {
  const kept = await db.get("packs", campaign);
  const { pack, etag } = await api.readPack(token, campaign, kept?.etag ?? "");
  if (pack) await db.put("packs", { campaign, etag, pack });
}

/**
 * @param {Pick<Doors, "api" | "db">} doors
 * @param {import("../db.js").Enrolment} enrolment
 */
export async function fetchPromptSounds({ api, db }, { campaign, token }) {
  const { pack } = (await db.get("packs", campaign)) ?? {};
  /** @type {Record<string, number>} */
  const here = (await db.get("facts", HEARD))?.value ?? {};
  const missing = (pack?.prompts ?? []).filter(
    ({ id, revision, has_audio }) => has_audio && here[id] !== revision,
  );
  for (const { id, revision } of missing.slice(0, SOUNDS_AT_ONCE)) {
    const sound = await api.readPromptAudio(token, id).catch(unlessRefused);
    if (!sound) continue;
    here[id] = revision;
    await db.commit([
      { table: "prompt_audio", put: { id, revision, ...sound } },
      { table: "facts", put: { key: HEARD, value: here } },
    ]);
  }
}

/** One prompt's sound that cannot be had must not keep the others away. @param {unknown} error */
function unlessRefused(error) {
  if (error instanceof Problem && error.status !== 401) return null;
  throw error;
}

/**
 * Throw away the sound of prompts that no campaign of this phone has any more.
 *
 * @param {Pick<Doors, "db">} doors
 */
export async function dropPromptSounds({ db }) {
  /** @type {Record<string, number>} */
  const here = (await db.get("facts", HEARD))?.value ?? {};
  const used = new Set(
    (await db.all("packs")).flatMap(({ pack }) => pack.prompts.map((one) => one.id)),
  );
  const gone = Object.keys(here).filter((id) => !used.has(id));
  if (!gone.length) return;
  for (const id of gone) delete here[id];
  /** @type {import("../db.js").Change[]} */
  const drops = gone.map((id) => ({ table: "prompt_audio", drop: id }));
  await db.commit([...drops, { table: "facts", put: { key: HEARD, value: here } }]);
}
