/** Colour profiles: what has to be done to pixels that they may be shown as sRGB, as in `data/colours.py`. */

import { hasMark, latin, viewOf } from "./bytes.js";
import { curveIn, namesSrgb } from "./curves.js";
import { shape, shapeGrey, transposed } from "./shaper.js";

const BROKEN = "The colour profile of this photo could not be used: its colours may look a little different.";
const MOST_TAGS = 100;

/**
 * @typedef {object} Plan
 * @property {boolean} byBrowser whether the browser itself has to follow the profile while it decodes
 * @property {(data: Uint8ClampedArray) => void} convert pixels in their place
 * @property {string[]} notices
 */

/** @type {Plan} */
const AS_THEY_ARE = { byBrowser: false, convert: () => {}, notices: [] };

/**
 * Return how pixels become sRGB. Profiles of curves and a matrix are followed here, as LittleCMS does; those of tables, which
 * printers and scanners have, by the browser, whose colours differ from Python's by a few steps of 255.
 * @param {Uint8Array | null | undefined} profile @param {"RGB" | "GRAY" | "CMYK"} space of the pixels
 * @returns {Plan}
 */
export function planFor(profile, space) {
  if (!profile?.length) return AS_THEY_ARE;
  const tags = tagsOf(profile);
  if (tags && namesSrgb(tags.desc ?? new Uint8Array())) return AS_THEY_ARE;
  if (!tags || latin(profile, 16, 20).trim() !== space) return { ...AS_THEY_ARE, notices: [BROKEN] };
  if (tags.A2B0) return { ...AS_THEY_ARE, byBrowser: true };
  return { ...AS_THEY_ARE, ...(space === "GRAY" ? greyPlan(tags) : colourPlan(tags)) };
}

/** Return the tags of a profile by their names, null for what is no profile. @param {Uint8Array} profile */
function tagsOf(profile) {
  if (profile.length < 132 || !hasMark(profile, "acsp", 36)) return null;
  const view = viewOf(profile);
  const [size, count] = [view.getUint32(0), view.getUint32(128)];
  if (size > profile.length || count > MOST_TAGS || 132 + 12 * count > profile.length) return null;
  /** @type {Record<string, Uint8Array>} */
  const tags = {};
  for (let entry = 132; entry < 132 + 12 * count; entry += 12) {
    const [start, length] = [view.getUint32(entry + 4), view.getUint32(entry + 8)];
    if (start + length <= size) tags[latin(profile, entry, entry + 4)] = profile.subarray(start, start + length);
  }
  return tags;
}

/** @param {Record<string, Uint8Array>} tags @returns {Partial<Plan>} */
function greyPlan(tags) {
  const curve = tags.kTRC && curveIn(tags.kTRC);
  return curve ? { convert: (data) => shapeGrey(data, curve) } : { notices: [BROKEN] };
}

/** @param {Record<string, Uint8Array>} tags @returns {Partial<Plan>} */
function colourPlan(tags) {
  const curves = ["rTRC", "gTRC", "bTRC"].map((name) => tags[name] && curveIn(tags[name])).filter((curve) => curve != null);
  const points = ["rXYZ", "gXYZ", "bXYZ"].map((name) => tags[name] && pointIn(tags[name])).filter((point) => point != null);
  if (curves.length < 3 || points.length < 3) return { notices: [BROKEN] };
  return { convert: (data) => shape(data, curves, transposed(points)) };
}

/** Return X, Y and Z in a tag, null for none. @param {Uint8Array} tag */
function pointIn(tag) {
  if (!hasMark(tag, "XYZ ") || tag.length < 20) return null;
  const view = viewOf(tag);
  return [8, 12, 16].map((place) => view.getInt32(place) / 65536);
}
