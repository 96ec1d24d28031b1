/**
 * What the service worker does: keep the app's files on the phone, so that it opens without a
 * network, and send what waits when the browser says that there is one. Never touches the API or the
 * store.
 */

import { hexDigest } from "./digest.js";
import { sendFromWorker } from "./outbox/sync.js";

const PREFIX = "fieldvoice-";
const POLICY = "Content-Security-Policy";

/**
 * Call it at once, when the worker begins: browsers ask only what listens by then.
 *
 * @param {string} version
 * @param {Record<string, string>} files the beginning of each file's SHA-256, by path; "" is the page
 */
export function serveOffline(version, files) {
  const worker = /** @type {import("./service_worker").Worker} */ (/** @type {unknown} */ (self));
  const home = new URL("./", location.href);
  const current = PREFIX + version;
  const ofVersion = `v/${version}/`;

  /**
   * One file, from the last version's cache where its bytes are the same, so that an update costs
   * only what changed. Throws when the server has other bytes than it listed: the update is then
   * tried again later, and half of one is never kept.
   *
   * @param {string} path
   * @param {string} hash
   * @returns {Promise<Response>}
   */
  async function obtain(path, hash) {
    const kept = await caches.match(new URL(path, home));
    // The rules for what a page or worker may do are no part of its hash: they come afresh.
    if (kept && !kept.headers.has(POLICY)) {
      const bytes = await kept.arrayBuffer();
      if (await isListed(bytes, hash)) return answerOf(kept, bytes);
    }
    const address = new URL(path && ofVersion + path, home);
    const got = await fetch(address, path ? {} : { cache: "no-cache" });
    const bytes = await got.arrayBuffer();
    if (!got.ok || !(await isListed(bytes, hash))) throw new Error(path);
    return answerOf(got, bytes);
  }

  async function install() {
    const listed = Object.entries(files);
    const answers = await Promise.all(listed.map(([path, hash]) => obtain(path, hash)));
    const cache = await caches.open(current);
    await Promise.all(
      listed.map(([path], n) =>
        cache.put(new URL(path, home), /** @type {Response} */ (answers[n])),
      ),
    );
  }

  async function activate() {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(PREFIX) && name !== current);
    await Promise.all(old.map((name) => caches.delete(name)));
    // The page that was opened before there was a worker is offline-proof from now on.
    await worker.clients.claim();
  }

  /**
   * The file of the app that an address means, if any. Another version's address is not ours.
   *
   * @param {string} address
   * @returns {string | null}
   */
  function fileAt(address) {
    const { origin, pathname } = new URL(address);
    if (origin !== home.origin || !pathname.startsWith(home.pathname)) return null;
    let path = pathname.slice(home.pathname.length);
    if (path.startsWith(ofVersion)) path = path.slice(ofVersion.length);
    if (path === "index.html") path = "";
    return path in files ? path : null;
  }

  /** @param {Request} request @param {string} path */
  async function answer(request, path) {
    const cache = await caches.open(current);
    return (await cache.match(new URL(path, home))) ?? fetch(request);
  }

  worker.addEventListener("install", (event) => event.waitUntil(install()));
  worker.addEventListener("activate", (event) => event.waitUntil(activate()));
  worker.addEventListener("fetch", (event) => {
    const path = event.request.method === "GET" ? fileAt(event.request.url) : null;
    if (path !== null) event.respondWith(answer(event.request, path));
  });
  worker.addEventListener("sync", (event) => {
    if (event.tag === "outbox") event.waitUntil(sendFromWorker());
  });
  // The page asks for it when nothing is being recorded; until then the old version stays.
  worker.addEventListener("message", (event) => {
    if (event.data === "activate") event.waitUntil(worker.skipWaiting());
  });
}

/**
 * An answer without an address of its own: a module that remembered where it was first loaded from
 * would look for its imports there, among another version's files.
 *
 * @param {Response} got
 * @param {ArrayBuffer} bytes
 */
function answerOf(got, bytes) {
  const headers = new Headers(got.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Vary"]) headers.delete(name);
  return new Response(bytes, { headers });
}

/**
 * @param {ArrayBuffer} bytes
 * @param {string} hash
 */
async function isListed(bytes, hash) {
  return (await hexDigest(bytes)).startsWith(hash);
}
