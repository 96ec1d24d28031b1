/** How large letters are: everything is measured in them. */

const CHOICE = "fieldvoice-text-size";
export const SIZES = ["100", "120", "140"];

/** @returns {string} per cent of the browser's own size */
export function textSize() {
  const size = localStorage.getItem(CHOICE) ?? "";
  return SIZES.includes(size) ? size : "100";
}

/** @param {string} [size] */
export function useTextSize(size = textSize()) {
  localStorage.setItem(CHOICE, size);
  document.documentElement.style.fontSize = size === "100" ? "" : `${size}%`;
}
