/** What the screens share: who is enrolled, the pack, and which screen is shown. */

import * as api from "./api.js";
import * as db from "./db.js";
import { fill, make } from "./dom.js";
import { uuid7 } from "./uuid7.js";

/**
 * A screen is a function that makes its elements; `leave` is called before the next one.
 *
 * @typedef {{view: HTMLElement, leave?: () => void}} Shown
 * @typedef {(app: App, params: any) => Shown | Promise<Shown>} Screen
 */

const ACTIVE = "active-collector";
const INSTALL = "install-id";

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
    /** @type {{name: string, params: any}} */
    this.at = { name: "", params: {} };
    /** @type {(() => void) | undefined} */
    this.leave = undefined;
  }

  /** Read who is enrolled and which pack is here; works without a network. */
  async load() {
    const active = await db.fact(ACTIVE, () => "");
    this.enrolment = (await db.get("enrolments", active)) ?? null;
    const kept = this.enrolment && (await db.get("packs", this.enrolment.campaign));
    this.pack = kept?.pack ?? null;
  }

  /**
   * @param {string} code
   * @param {string} name
   */
  async enrol(code, name) {
    const answer = await api.enrol({
      code,
      name,
      install_id: await db.fact(INSTALL, uuid7),
      user_agent: navigator.userAgent.slice(0, 400),
    });
    await db.put("enrolments", {
      collector: answer.collector,
      campaign: answer.campaigns[0] ?? "",
      token: answer.token,
      name,
      enrolled_at: Date.now(),
    });
    await db.put("facts", { key: ACTIVE, value: answer.collector });
    await this.load();
    await this.refreshPack();
  }

  /** Fetch the pack when it changed; throws Problem or NoAnswer. */
  async refreshPack() {
    if (!this.enrolment) return;
    const { token, campaign } = this.enrolment;
    const kept = await db.get("packs", campaign);
    const { pack, etag } = await api.readPack(token, campaign, kept?.etag ?? "");
    if (pack) {
      await db.put("packs", { campaign, etag, pack });
      this.pack = pack;
    }
  }

  /**
   * @param {string} name
   * @param {any} [params]
   */
  async go(name, params = {}) {
    const screen = this.screens[name];
    if (!screen) throw new Error(`no screen ${name}`);
    this.leave?.();
    this.leave = undefined;
    this.at = { name, params };
    const { view, leave } = await screen(this, params);
    this.leave = leave;
    fill(this.place, make("div", { class: `screen ${name}` }, view));
    // A screen reader starts at the new screen's heading, not where the old button was.
    const heading = this.place.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
    scrollTo(0, 0);
  }
}
