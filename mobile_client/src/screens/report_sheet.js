/** Why a text is not said, or what is wrong with it: a sheet over the record screen. */

import { copyOf } from "../dom.js";

/** @param {(kind: string, reason: string) => void} told not called when it is closed */
export function askWhy(told) {
  const { view: sheet } = copyOf("why");
  sheet.onclick = (/** @type {{target: HTMLButtonElement}} */ { target }) => {
    if (target.type !== "button") return;
    sheet.close();
    const [kind = "", reason] = target.value.split(" ");
    if (reason) told(kind, reason);
  };
  sheet.onclose = () => sheet.remove();
  document.body.append(sheet);
  sheet.showModal();
}
