/** The service worker's own file: which version it is, and which files belong to it. */

import { serveOffline } from "./src/offline.js";

// Both are written by the server (backend/console/phone_page.py).
serveOffline("__VERSION__", /** @type {any} */ ("__FILES__"));
