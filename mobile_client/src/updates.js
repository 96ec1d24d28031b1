/** A new version of the app: it waits until nothing would be lost, then takes over by one reload. */

import { button, fill } from "./dom.js";

const LOOK_AGAIN_MS = 3_600_000;
const ASK_AGAIN_MS = 2000;

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
  let replaced = false;
  let looked = Date.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  // The very first worker takes over a page that is new itself.
  let old = Boolean(serviceWorker.controller);

  for (const type of ["pointerdown", "keydown"]) {
    addEventListener(type, () => {
      touched = true;
    });
  }
  const registration = await serviceWorker.register("sw.js", { type: "module" });

  async function consider() {
    clearTimeout(timer);
    const { active, waiting } = registration;
    // The very first one waits for a moment too, but for nobody.
    if (!replaced && !(waiting && active)) return;
    const held = (await navigator.locks?.query())?.held ?? [];
    const may = mayReload({
      busy: app.busy,
      form: Boolean(app.place.querySelector("form, textarea")),
      take: held.some((lock) => lock.name?.startsWith("take:")),
      tapped,
      seen: touched && document.visibilityState === "visible",
    });
    if (may && replaced) return location.reload();
    if (may) waiting?.postMessage("activate");
    fill(line, !may && button("update.ready", tap));
    // A take ends, a form is done; a browser may let the old worker finish first, for half a minute.
    timer = setTimeout(consider, ASK_AGAIN_MS);
  }

  function tap() {
    tapped = true;
    void consider();
  }

  serviceWorker.addEventListener("controllerchange", () => {
    replaced = old;
    old = true;
    void consider();
  });
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
