/** Send what has no id of its own: withdrawals, reports on prompts, corrections of answers. */

import { Problem } from "../door.js";
import { slugOf } from "./records.js";

/** @param {import("./round.js").Round} round */
export async function sendPosts(round) {
  const { api, db } = round.doors;
  for (const row of await db.all("posts")) {
    const token = round.tokens.get(row.collector);
    if (row.sent || row.refused || !token) continue;
    // What it is about is not there yet; a refused one is gone its own way, and need not be there.
    if (row.needs && round.away.get(row.needs) === "") continue;
    try {
      await api.post(token, row.method ?? "POST", row.path, row.request);
    } catch (error) {
      const unknown = error instanceof Problem && error.slug === "not-found";
      // There is nothing to withdraw where the server knows nothing of it.
      if (!unknown || !row.path.endsWith("/withdraw")) {
        const slug = await slugOf(round, row.collector, error);
        if (slug) await db.change("posts", row.id, () => ({ refused: slug }));
        else if (round.tokens.has(row.collector)) round.trouble();
        continue;
      }
    }
    await db.change("posts", row.id, () => ({ sent: true }));
  }
}
