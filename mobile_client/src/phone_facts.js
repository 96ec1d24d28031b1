/** What a session says of the phone; nothing that names its owner. */

/** Release and hash of the files, e.g. `0.1.0-3f2a90c41b7e`: the server serves them under it. */
export const APP_VERSION =
  new URL(".", import.meta.url).href.match(/\/v\/([^/]+)\//)?.[1] ?? "unversioned";

/**
 * @typedef {object} Hints
 * @property {string} platform
 * @property {(names: string[]) => Promise<{model?: string, platformVersion?: string}>} getHighEntropyValues
 */

/** @returns {Promise<{model: string, os: string}>} empty where the browser does not tell */
export async function phoneFacts() {
  const hints = /** @type {{userAgentData?: Hints}} */ (/** @type {unknown} */ (navigator))
    .userAgentData;
  if (!hints) return { model: "", os: osOf(navigator.userAgent) };
  try {
    const more = await hints.getHighEntropyValues(["model", "platformVersion"]);
    return {
      model: (more.model ?? "").slice(0, 100),
      os: `${hints.platform} ${more.platformVersion ?? ""}`.trim().slice(0, 100),
    };
  } catch {
    return { model: "", os: hints.platform };
  }
}

/**
 * Pure: the system's name and version as the user agent has them.
 *
 * @param {string} agent
 * @returns {string}
 */
export function osOf(agent) {
  return (agent.match(/\(([^;)]+;?[^;)]*)/)?.[1] ?? "").trim().slice(0, 100);
}

/**
 * Pure: a microphone's label without the name people give their headsets ("Anna's AirPods").
 *
 * @param {string} label
 * @returns {string}
 */
export function plainLabel(label) {
  return label
    .replace(/^.{1,60}?['’]s?\s+/u, "")
    .replace(/\s+(de|von|di|do|da)\s+\p{Lu}.*$/u, "")
    .slice(0, 200);
}
