/** One go through what is not home: what it works with, and what it learns on the way. */

import { pauseAfter } from "./pause.js";

/**
 * @typedef {object} Doors what the outbox works with; tests give their own
 * @property {typeof import("../api.js")} api
 * @property {typeof import("../db.js")} db
 * @property {() => number} now
 * @property {Link} link
 */

/**
 * What this page or worker knows of its link; forgotten when it ends.
 *
 * @typedef {object} Link
 * @property {number} badUntil transfers broke: until then everything goes in small pieces
 * @property {number} troubled visits in a row in which the server was busy with something
 * @property {Map<string, {tries: number, until: number}>} rests consents whose evidence did not get through
 * @property {Map<string, number>} done when what is fetched ahead was last fetched
 */

/** Transfers in a row without an answer after which there is no link worth trying. */
const BROKEN_IN_A_ROW = 2;
/** Files in a row that the store refused after which it is the store that is ill. */
const REFUSED_IN_A_ROW = 5;

export class Round {
  /**
   * @param {Doors} doors
   * @param {boolean} hurry also what rests (the network is back)
   */
  constructor(doors, hurry) {
    this.doors = doors;
    this.hurry = hurry;
    /** @type {Map<string, string>} token by collector */
    this.tokens = new Map();
    /** @type {Map<string, string>} id of a record the server has not, and why ("": not yet) */
    this.away = new Map();
    this.signedOut = false;
    /** When something that rests may be tried again; 0: nothing rests. */
    this.next = 0;
    this.broken = 0;
    this.refused = 0;
    this.troubled = false;
  }

  /** Whether going on makes no sense now. */
  get hopeless() {
    return this.linkIsGone || this.refused >= REFUSED_IN_A_ROW;
  }

  get linkIsGone() {
    return this.broken >= BROKEN_IN_A_ROW;
  }

  /** @param {number} at something rests until then */
  wait(at) {
    this.next = this.next ? Math.min(this.next, at) : at;
  }

  /** The server is busy, or its store: the longer, the longer it is left alone. */
  trouble() {
    this.troubled = true;
    this.wait(this.doors.now() + pauseAfter(this.doors.link.troubled + 1));
  }

  /**
   * The server no longer takes this collector's token; the other collectors of the phone go on.
   *
   * @param {string} collector
   */
  async signOut(collector) {
    this.signedOut = true;
    this.tokens.delete(collector);
    await this.doors.db.change("enrolments", collector, () => ({ signed_out: true }));
  }
}
