/** A consent signed with a finger: the drawing is its evidence. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";

const WIDTH = 640;
const HEIGHT = 240;
/** A shorter line is a finger that slipped. */
const LEAST = 60;

/**
 * @param {(evidence: import("./consent.js").Evidence) => void} done
 * @returns {import("./consent.js").Way}
 */
export function sign(done) {
  const canvas = make("canvas", { class: "signature", width: WIDTH, height: HEIGHT });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", t("consent.sign.here"));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const use = button(t("consent.sign.done"), () => canvas.toBlob((blob) => void give(blob)), {
    class: "primary",
  });
  let drawn = 0;
  /** @type {[number, number] | null} */
  let last = null;

  function clear() {
    // On paper whatever the screen's colours are: it is looked at elsewhere.
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    pen.strokeStyle = "#000";
    pen.lineWidth = 4;
    pen.lineCap = "round";
    drawn = 0;
    use.disabled = true;
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function place(event) {
    const box = canvas.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    return [across * WIDTH, ((event.clientY - box.top) / box.height) * HEIGHT];
  }

  /** @param {Blob | null} blob */
  async function give(blob) {
    if (blob) done({ bytes: await blob.arrayBuffer(), type: "image/png" });
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = place(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...now);
    pen.stroke();
    drawn += Math.hypot(now[0] - last[0], now[1] - last[1]);
    last = now;
    use.disabled = drawn < LEAST;
  });
  const lift = () => {
    last = null;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  clear();
  const view = make(
    "div",
    {},
    make("p", { class: "lead" }, t("consent.sign.here")),
    canvas,
    make("div", { class: "pair" }, button(t("consent.sign.clear"), clear), use),
  );
  return { view, leave: () => {} };
}
