/** Take recordings back on the phone: at once here, on the server as soon as it can be told. */

import * as db from "./db.js";
import * as moves from "./outbox/moves.js";
import { newPost } from "./posts.js";

/**
 * The word to the server is always left: whether an announcement of the clip got through, only the
 * server knows, and one of which it knows nothing is answered as done.
 *
 * @param {db.Clip} clip
 */
export async function withdrawClip({ id, collector }) {
  await db.commit([newPost(collector, `clips/${id}/withdraw`, {})]);
  await moves.withdraw({ db }, id);
}

/**
 * Everything of a speaker: their clips, what they said of themselves, the words of their consent.
 * The speaker's row stays under its code, so that nobody records them again by mistake.
 *
 * @param {db.Row} speaker
 */
export async function withdrawSpeaker({ id, collector }) {
  await db.commit([newPost(collector, `speakers/${id}/withdraw`, {})]);
  await moves.withdrawSpeaker({ db }, id);
  const refused = "speaker-withdrawn";
  await db.change("speakers", id, ({ request }) => ({
    request: { campaign: request.campaign },
    answers: {},
  }));
  for (const post of await db.all("posts")) {
    if (post.path === `speakers/${id}`) await db.commit([{ table: "posts", drop: post.id }]);
  }
  for (const table of /** @type {const} */ (["consents", "sessions"])) {
    for (const row of await db.all(table)) {
      if (row.speaker !== id || row.sent) continue;
      await db.change(table, row.id, ({ sent }) => (sent ? null : { refused }));
    }
  }
}
