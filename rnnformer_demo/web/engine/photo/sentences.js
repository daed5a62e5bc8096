/** What is said of files that are no photos: the sentences of `data/opening.py`, and those for what browsers cannot do. */

import { InputError } from "../errors.js";

export const MAX_BYTES = 20 * 2 ** 20;
export const MAX_PIXELS = 50_000_000;
const MIN_SIDE = 8;

export function none() {
  return new InputError("There is no photo yet: upload one, paste one, or take one with the camera.");
}

/** @param {any} source */
export function noFile(source) {
  return new InputError(`Expected a photo, got ${typeof source}: give a file or its bytes.`);
}

export function empty() {
  return new InputError("The file is empty (zero bytes): choose another photo.");
}

export function tooManyBytes() {
  return new InputError(`The file is larger than ${MAX_BYTES / 2 ** 20} MB: save the photo smaller and try again.`);
}

export function unknown() {
  return new InputError(
    "The file is not an image that can be read: choose a photo as JPEG, PNG, WebP, HEIC, GIF, AVIF, BMP or TIFF.",
  );
}

export function drawing() {
  return new InputError("SVG drawings are not photos: save it as PNG or JPEG first.");
}

export function damaged() {
  return new InputError("The image file is damaged or cut short: save it again or choose another one.");
}

/** Python reads some formats that browsers do not, such as HEIC. @param {string} format */
export function beyondBrowser(format) {
  return new InputError(`This browser cannot open ${format} files: save the photo as JPEG, PNG or WebP first.`);
}

/** @param {number} passes */
export function tooManyPasses(passes) {
  return new InputError(`The image is stored in ${passes} passes, which would take too long: save it again.`);
}

/**
 * Refuse a photo of too many or too few pixels.
 * @param {number} width @param {number} height
 */
export function checkSize(width, height) {
  if (width * height > MAX_PIXELS) {
    throw new InputError(`The image has more than ${MAX_PIXELS / 1e6} million pixels: save it smaller and try again.`);
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new InputError(`The image has only ${width} x ${height} pixels: choose one of at least ${MIN_SIDE} x ${MIN_SIDE}.`);
  }
}

/** Say that of several frames one was read. @param {number} frames @param {boolean} pages whether they are no animation */
export function framesNotice(frames, pages) {
  if (frames < 2) return [];
  const what = pages ? `a file of ${frames} pictures` : `an animation of ${frames} frames`;
  return [`This is ${what}: only the first one was read.`];
}
