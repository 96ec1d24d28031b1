/** Leave a word for the server, which the outbox carries when it can. */

import { uuid7 } from "./uuid7.js";

/**
 * @param {string} collector
 * @param {string} path under /v1/
 * @param {Record<string, any>} request
 * @param {Partial<import("./db.js").Post>} [more]
 * @returns {import("./db.js").Change<"posts">}
 */
export function newPost(collector, path, request, more = {}) {
  const id = uuid7();
  const made_at = Date.now();
  const put = { id, collector, path, request, sent: false, refused: "", made_at, ...more };
  return { table: "posts", put };
}
