/** Tell the server what is wrong with a prompt, or why a speaker would not say it. */

import * as db from "./db.js";
import { newPost } from "./posts.js";

/**
 * @param {string} speaker
 * @returns {Promise<string[]>} ids of the prompts that this speaker did not say, told on this phone
 */
export async function reportedPrompts(speaker) {
  const [sessions, posts] = await Promise.all([db.all("sessions"), db.all("posts")]);
  const theirs = new Set(sessions.filter((row) => row.speaker === speaker).map((row) => row.id));
  return posts
    .filter((post) => theirs.has(post.request.session))
    .map((post) => post.path.split("/")[1] ?? "");
}

/**
 * Kept on the phone until the session is home, then sent.
 *
 * @param {db.Row} session
 * @param {import("./api.js").Prompt} prompt
 * @param {string} kind
 * @param {string} reason
 */
export function reportPrompt(session, prompt, kind, reason) {
  const path = `prompts/${prompt.id}/reports`;
  const body = { kind, reason, session: session.id };
  return db.commit([newPost(session.collector, path, body, { needs: session.id })]);
}
