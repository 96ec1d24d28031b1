/** Save what is only on this phone as a file: for a phone that cannot send, or must be given back. */

import * as db from "../db.js";
import { copyOf, fill, make, plainButton } from "../dom.js";
import { language, t } from "../i18n.js";
import { nameOf, planCopies, unsent, writeCopy } from "../outbox/export.js";

/** Until then a slow phone has begun to save it. */
const FORGET_MS = 600_000;

/** @type {import("../app.js").Screen} */
export async function exportCopy() {
  const parts = copyOf("export", { start: save });
  const { view, count, unkept, start, state, saved } = parts;
  const mb = new Intl.NumberFormat(language(), { maximumFractionDigits: 1 });
  const size = (/** @type {number} */ bytes) => mb.format(bytes / 1e6);

  const here = await unsent(db);
  const copies = await planCopies(db);

  async function save() {
    start.disabled = true;
    fill(saved);
    let done = 0;
    const now = new Date();
    const tell = () => fill(state, t("export.working", { done: done++, all: here.clips.length }));
    try {
      tell();
      for (const [index, copy] of copies.entries()) {
        const name = nameOf(copy.campaign, now, index, copies.length);
        const file = await writeCopy(db, copy, name, tell);
        saved.append(
          plainButton(t("export.file", { name, mb: size(file.size) }), () => give(file)),
        );
        // The others wait for a tap: a browser lets a page save only one without asking.
        if (index === 0) await give(file);
      }
      fill(state, t("export.done"));
    } catch {
      fill(state, t("export.failed"));
    }
    start.disabled = false;
  }

  const n = here.clips.length;
  fill(count, t(copies.length ? "export.count" : "export.nothing", { n, mb: size(here.bytes) }));
  fill(unkept, here.unkept > 0 && t("export.unkept", { n: here.unkept }));
  start.hidden = !copies.length;
  return { view };
}

/**
 * Hand a file to another app where the phone can, else to the downloads.
 *
 * @param {File} file
 */
async function give(file) {
  const what = { files: [file] };
  if (navigator.canShare?.(what)) {
    try {
      return await navigator.share(what);
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      // Somebody changed their mind, or the tap is too long ago: the file's own button is there.
      if (["AbortError", "NotAllowedError"].includes(name)) return;
    }
  }
  const href = URL.createObjectURL(file);
  make("a", { href, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(href), FORGET_MS);
}
