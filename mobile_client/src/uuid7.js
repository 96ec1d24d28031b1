/** Pure: ids made on the phone that sort by time, UUID version 7 (RFC 9562, section 5.7). */

/**
 * @param {number} now milliseconds since 1970
 * @param {string} random a UUID of version 4, whose random part it gets
 * @returns {string}
 */
export function uuid7(now = Date.now(), random = crypto.randomUUID()) {
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
