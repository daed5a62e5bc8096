/** Ways to remove words or patches from an input, see `models/perturbation.py`. */

import { blurred, meanColour } from "./photo/perturbations.js";

/** The place of a token in a variant that is the unknown token. */
export const NOTHING = -1;

/**
 * @typedef {Int32Array | Float32Array} Variant of a text, for each token its place in the text, or `NOTHING`; of a photo, the photo
 * @typedef {object} Perturbation
 * @property {(sample: any) => (removed: Uint8Array) => Variant} of takes an input, then the units that go (n), 1 for each that does
 * @property {boolean} [inPlace] tokens that go are replaced where they are, and stay what they were to a shift of the input
 */

/** @type {Perturbation} */
const blankTokens = {
  of: (sample) => (removed) => Int32Array.from(sample.tokenToUnit, (unit, step) => (removed[unit] ? NOTHING : step)),
};

/** The others close up; where nothing is left, one unknown token is: no model reads an empty text. @type {Perturbation} */
const deleteTokens = {
  of: (sample) => (removed) => {
    const kept = [...sample.tokenToUnit.keys()].filter((step) => !removed[sample.tokenToUnit[step]]);
    return Int32Array.from(kept.length ? kept : [NOTHING]);
  },
};

/** The ways of each layout by their names, the usual one first. @type {Record<string, Record<string, Perturbation>>} */
export const PERTURBATIONS = {
  sequence: { unknown: blankTokens, deletion: deleteTokens },
  grid: {
    blur: { of: once((sample) => replaced(sample, blurred(photoOf(sample), sideOf(sample)))) },
    mean: { of: once((sample) => replaced(sample, meanColour(photoOf(sample)))) },
  },
};

/** The replacement by the unknown token, or by grey, which attribution methods measure from. @type {Record<string, Perturbation>} */
export const TO_BASELINE = {
  sequence: { ...blankTokens, inPlace: true },
  grid: { of: once((sample) => replaced(sample, new Float32Array(photoOf(sample).length))), inPlace: true },
};

/** Return a function that computes once for each object. @template Value @param {(object: any) => Value} compute @returns {(object: any) => Value} */
function once(compute) {
  /** @type {WeakMap<any, {value: Value}>} */
  const known = new WeakMap();
  return (object) => {
    const found = known.get(object) ?? { value: compute(object) };
    known.set(object, found);
    return found.value;
  };
}

/** @param {any} sample @returns {Float32Array} */
function photoOf(sample) {
  return sample.feeds.photos.data;
}

/** @param {any} sample @returns {number} */
function sideOf(sample) {
  return sample.feeds.photos.dims[3];
}

/** Return the function that puts another photo's pixels where patches go. @param {any} sample @param {Float32Array} others */
function replaced(sample, others) {
  const photo = photoOf(sample);
  const side = sideOf(sample);
  const [rows, columns] = sample.grid;
  const units = Int32Array.from({ length: side * side }, (_, pixel) => {
    const [y, x] = [Math.floor(pixel / side), pixel % side];
    return Math.floor((y * rows) / side) * columns + Math.floor((x * columns) / side);
  });
  return (/** @type {Uint8Array} */ removed) => {
    const changed = photo.slice();
    for (let pixel = 0; pixel < units.length; pixel += 1) {
      if (!removed[units[pixel]]) continue;
      for (let place = pixel; place < photo.length; place += units.length) changed[place] = others[place];
    }
    return changed;
  };
}
