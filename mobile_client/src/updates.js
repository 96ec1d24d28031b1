/** A new version of the app: it waits until nothing would be lost, then takes over by one reload. */

import { button, fill } from "./dom.js";
import { t } from "./i18n.js";

const LOOK_AGAIN_MS = 3_600_000;

/**
 * Pure: whether the page may be taken away without anybody missing something.
 *
 * @param {object} now
 * @param {boolean} now.busy something is recorded or looked at
 * @param {boolean} now.form something is being typed
 * @param {boolean} now.take a take is open here or in another tab
 * @param {boolean} now.tapped the person asked for it
 * @param {boolean} now.seen somebody looks at the page, and did something since it was opened
 */
export function mayReload({ busy, form, take, tapped, seen }) {
  if (busy || take) return false;
  return tapped || !(seen || form);
}

/**
 * Register the service worker and watch for the next one.
 *
 * @param {import("./app.js").App} app
 */
export async function watchUpdates(app) {
  if (!navigator.serviceWorker) return;
  const { serviceWorker } = navigator;
  const line = /** @type {HTMLElement} */ (document.getElementById("update"));
  let tapped = false;
  let touched = false;
  let asked = false;
  let looked = Date.now();
  // The very first worker takes over a page that is new itself.
  let old = Boolean(serviceWorker.controller);

  for (const type of ["pointerdown", "keydown"]) {
    addEventListener(type, () => {
      touched = true;
    });
  }
  serviceWorker.addEventListener("controllerchange", () => {
    if (old) location.reload();
    old = true;
  });
  const registration = await serviceWorker.register("sw.js", { type: "module" });

  async function consider() {
    const { active, waiting } = registration;
    // The very first one waits for a moment too, but for nobody.
    if (!waiting || !active || asked) return;
    const held = (await navigator.locks?.query())?.held ?? [];
    const now = {
      busy: app.busy,
      form: Boolean(app.place.querySelector("form, textarea")),
      take: held.some((lock) => lock.name?.startsWith("take:")),
      tapped,
      seen: touched && document.visibilityState === "visible",
    };
    asked = mayReload(now);
    if (asked) waiting.postMessage("activate");
    fill(line, !asked && button(t("update.ready"), tap));
    // Whoever tapped too early gets it as soon as the take is done.
    if (tapped && !asked) setTimeout(consider, 1000);
  }

  function tap() {
    tapped = true;
    void consider();
  }

  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => void consider());
  });
  document.addEventListener("visibilitychange", () => {
    void consider();
    // An app that stays open for days never navigates, which is when browsers look by themselves.
    if (document.visibilityState !== "visible" || Date.now() - looked < LOOK_AGAIN_MS) return;
    looked = Date.now();
    registration.update().catch(() => {});
  });
  await consider();
}
