/** The whole photo, with a frame around the part of it that was read. */

import { h } from "./dom.js";
import { originalOf } from "./photo.js";

const LONGEST = 360; // pixels of the longer side
const CUT = 0.01; // share of the photo from which its loss is shown
const SHADE = "rgba(15, 23, 42, 0.62)"; // over what was not read

/**
 * Return a place that shows the photo as soon as it is known; it stays empty where all of it was read, or it is not there.
 * @param {import("../explorer.js").Context} context
 */
export function framedPhoto(context) {
  const { store, t } = context;
  const { box } = /** @type {any} */ (store.document).input;
  const place = h("div", { class: "photo-whole", hidden: true });
  const lost = box ? 1 - (box[2] - box[0]) * (box[3] - box[1]) : 0;
  if (lost < CUT) return place;
  originalOf(context).then((original) => {
    if (!original) return;
    place.append(h("figure", {}, drawn(original, box, t("prediction.frame")), h("figcaption", { class: "caption" }, t("prediction.frame.help"))));
    place.hidden = false;
  });
  return place;
}

/** Draw a photo with a frame. @param {HTMLImageElement} photo @param {number[]} box in fractions @param {string} label */
function drawn(photo, [left, top, right, bottom], label) {
  const scale = Math.min(1, LONGEST / Math.max(photo.naturalWidth, photo.naturalHeight));
  const [width, height] = [photo.naturalWidth, photo.naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = h("canvas", { width, height, role: "img", "aria-label": label, dataset: { box: [left, top, right, bottom].join(" ") } });
  const ink = canvas.getContext("2d");
  ink.fillStyle = "white"; // as the reader lays transparency on white
  ink.fillRect(0, 0, width, height);
  ink.drawImage(photo, 0, 0, width, height);
  const [x, y, across, down] = [left * width, top * height, (right - left) * width, (bottom - top) * height];
  ink.fillStyle = SHADE;
  ink.beginPath();
  ink.rect(0, 0, width, height);
  ink.rect(x, y, across, down);
  ink.fill("evenodd");
  ink.lineWidth = 3;
  ink.strokeStyle = "white";
  ink.strokeRect(x + 1.5, y + 1.5, across - 3, down - 3);
  return canvas;
}
