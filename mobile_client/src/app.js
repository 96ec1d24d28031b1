/** What the screens share: who is enrolled, the pack, and which screen is shown. */

import * as api from "./api.js";
import * as db from "./db.js";
import { fill, make } from "./dom.js";
import { letIn, markSignedOut } from "./enrolments.js";
import { refreshPack } from "./outbox/packs.js";

/**
 * A screen is a function that makes its elements; `leave` is called before the next one.
 *
 * @typedef {{view: HTMLElement, leave?: () => void}} Shown
 * @typedef {(app: App, params: any) => Shown | Promise<Shown>} Screen
 */

const ACTIVE = "active-collector";

export class App {
  /**
   * @param {HTMLElement} place
   * @param {Record<string, Screen>} screens
   */
  constructor(place, screens) {
    this.place = place;
    this.screens = screens;
    /** @type {db.Enrolment | null} */
    this.enrolment = null;
    /** @type {api.Pack | null} */
    this.pack = null;
    /** Which pack that is; the same one stays the same object. */
    this.etag = "";
    /** @type {{name: string, params: any}} */
    this.at = { name: "", params: {} };
    /** The screen before this one. */
    this.from = "";
    /** @type {(() => void) | undefined} */
    this.leave = undefined;
    /** Told after each screen, and after each collector. */
    this.shown = () => {};
    /** Whether something is being recorded or looked at: the page must not be taken away. */
    this.busy = false;
  }

  /** The campaign is over: nothing new is recorded, what is kept is still sent. */
  get closed() {
    return this.pack?.campaign.state === "closed";
  }

  /** The screen from which everything else is reached. */
  get home() {
    return this.pack ? "people" : "enrol";
  }

  /** Read who is enrolled and which pack is here; works without a network. */
  async load() {
    const active = await db.fact(ACTIVE, () => "");
    const everybody = await db.all("enrolments");
    this.enrolment = everybody.find((row) => row.collector === active) ?? everybody.at(-1) ?? null;
    const kept = this.enrolment && (await db.get("packs", this.enrolment.campaign));
    this.take(kept);
  }

  /** @param {{etag: string, pack: api.Pack} | null | undefined} kept */
  take(kept) {
    this.pack = kept?.pack ?? null;
    this.etag = kept?.etag ?? "";
  }

  /**
   * Go on as another collector of this phone.
   *
   * @param {string} collector
   */
  async use(collector) {
    await db.put("facts", { key: ACTIVE, value: collector });
    await this.load();
  }

  /**
   * @param {string} code
   * @param {string} name
   */
  async enrol(code, name) {
    await this.use(await letIn(code, name));
    await this.refreshPack();
  }

  /** Fetch the pack when it changed; throws Problem or NoAnswer. */
  async refreshPack() {
    if (!this.enrolment) return;
    const { collector, campaign } = this.enrolment;
    try {
      await refreshPack({ api, db }, this.enrolment);
    } catch (error) {
      if (error instanceof api.Problem && error.status === 401) await markSignedOut(collector);
      throw error;
    }
    // The outbox may have fetched it; somebody else may have gone on meanwhile, in another campaign.
    const newest = await db.get("packs", campaign);
    if (newest && newest.etag !== this.etag && this.enrolment?.campaign === campaign) {
      this.take(newest);
    }
  }

  /**
   * @param {string} name
   * @param {any} [params]
   */
  async go(name, params = {}) {
    const screen = this.screens[name];
    if (!screen) throw new Error(name);
    this.leave?.();
    this.leave = undefined;
    if (name !== this.at.name) this.from = this.at.name;
    const at = { name, params };
    this.at = at;
    const { view, leave } = await screen(this, params);
    // Somebody tapped on while this one was made: the later screen stays.
    if (this.at !== at) return leave?.();
    this.leave = leave;
    fill(this.place, make("div", { class: `screen ${name}` }, view));
    // A screen reader starts at the new screen's heading, not where the old button was.
    const heading = this.place.querySelector("h1");
    if (heading) heading.tabIndex = -1;
    heading?.focus();
    scrollTo(0, 0);
    this.shown();
  }
}
