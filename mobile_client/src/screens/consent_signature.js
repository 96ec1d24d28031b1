/** A consent signed with a finger: the drawing is its evidence. */

import { copyOf } from "../dom.js";

/** As in the template. */
const WIDTH = 640;
const HEIGHT = 240;
/** A shorter line is a finger that slipped. */
const LEAST = 60;

/**
 * @param {(evidence: import("./consent.js").Evidence) => void} done
 * @returns {import("./consent.js").Way}
 */
export function sign(done) {
  const { view, canvas, use } = copyOf("signature", {
    clear,
    use: () => canvas.toBlob((/** @type {Blob | null} */ blob) => give(blob)),
  });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
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

  canvas.onpointerdown = (/** @type {PointerEvent} */ event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
  };
  canvas.onpointermove = (/** @type {PointerEvent} */ event) => {
    if (!last) return;
    const now = place(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...now);
    pen.stroke();
    drawn += Math.hypot(now[0] - last[0], now[1] - last[1]);
    last = now;
    use.disabled = drawn < LEAST;
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    last = null;
  };

  clear();
  return { view, leave: () => {} };
}
