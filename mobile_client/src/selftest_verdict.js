/** Pure: what ten seconds of a phone say about it; each finding is a word that has an advice. */

import { NARROW_HZ } from "./capture/constraints.js";

/** The clock is asked over a page that may be busy; a browser that drops sound drops more. */
const LOST_SHARE = 0.05;
/** A take makes twelve frames a second; a phone also has something else to do. */
const FEWEST_WRITES = 36;
/** An hour of speech. */
const LITTLE_ROOM = 200e6;
const SILENT_PEAK = 1e-4;

/**
 * @typedef {object} Facts what a self-test found; sent to the server as it is
 * @property {number} rate Hz
 * @property {string} path by which the sound came: `processor` or `worklet`
 * @property {string} mic
 * @property {Record<string, unknown>} asked
 * @property {Record<string, unknown>} got
 * @property {number} peak 0 to 1
 * @property {number} level_dbfs of the room
 * @property {number} zero_run_ms the longest run of nothing
 * @property {number} zero_gaps how often the sound broke off
 * @property {number} sample_ratio seconds of sound in a second
 * @property {number} writes_per_s frames of 8 kB into the storage
 * @property {number} mb_per_s
 * @property {boolean} persisted the browser promised to keep what is stored
 * @property {number | null} free_bytes
 * @property {string[]} features of the browser that are there
 * @property {string} model
 * @property {string} os
 */

/** @typedef {"silent" | "narrow" | "processed" | "gaps" | "lost" | "slow" | "unsafe" | "little"} Finding */

/**
 * @param {Facts} facts
 * @returns {Finding[]} what to look at, the worst first; none: the phone is good
 */
export function findings(facts) {
  const processing = ["echoCancellation", "noiseSuppression", "autoGainControl"];
  /** @type {[Finding, boolean][]} */
  const all = [
    ["silent", facts.peak < SILENT_PEAK],
    ["lost", Math.abs(1 - facts.sample_ratio) > LOST_SHARE],
    ["gaps", facts.zero_gaps > 0],
    ["narrow", facts.rate < NARROW_HZ],
    ["processed", processing.some((name) => facts.got[name] === true)],
    ["slow", facts.writes_per_s < FEWEST_WRITES],
    ["little", facts.free_bytes !== null && facts.free_bytes < LITTLE_ROOM],
    ["unsafe", !facts.persisted],
  ];
  return all.filter(([, found]) => found).map(([name]) => name);
}
