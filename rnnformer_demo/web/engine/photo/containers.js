/** What files of the other formats say of themselves before a browser decodes them: size, frames, metadata. */

import { find, hasMark, latin, viewOf } from "./bytes.js";
import { unknown } from "./sentences.js";

/**
 * @typedef {object} Facts
 * @property {number} [width] @property {number} [height] of the picture, where the file tells them
 * @property {number} [frames]
 * @property {boolean} [pages] whether further frames are no animation
 * @property {Uint8Array | null} [exif] @property {Uint8Array | null} [xmp] @property {Uint8Array | null} [profile]
 * @property {number[]} [metadata] where marks begin that tell a browser which way up the photo is
 */

/** Return the facts of a GIF. @param {Uint8Array} bytes @returns {Facts} */
export function gifFacts(bytes) {
  if (bytes.length < 13) throw unknown();
  const view = viewOf(bytes);
  const facts = { width: view.getUint16(6, true), height: view.getUint16(8, true), frames: 0 };
  for (const place of gifPictures(bytes)) {
    facts.frames += 1;
    if (facts.frames > 1) continue;
    const [left, top, width, height] = [1, 3, 5, 7].map((behind) => view.getUint16(place + behind, true));
    [facts.width, facts.height] = [Math.max(facts.width, left + width), Math.max(facts.height, top + height)];
  }
  if (!facts.frames) throw unknown();
  return facts;
}

/** Yield where the pictures of a GIF begin. @param {Uint8Array} bytes */
function* gifPictures(bytes) {
  const [EXTENSION, PICTURE] = [0x21, 0x2c];
  const table = (/** @type {number} */ flags) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  for (let place = 13 + table(bytes[10]); place < bytes.length; ) {
    if (bytes[place] === PICTURE) {
      if (place + 11 > bytes.length) break;
      yield place;
      place += 11 + table(bytes[place + 9]);
    } else if (bytes[place] === EXTENSION) place += 2;
    else if (bytes[place] === 0x3b) break;
    else {
      place += 1;
      continue;
    }
    while (bytes[place]) place += 1 + bytes[place]; // blocks, each with its length in front
    place += 1;
  }
}

/** Return the facts of a WebP. @param {Uint8Array} bytes @returns {Facts} */
export function webpFacts(bytes) {
  const view = viewOf(bytes);
  /** @type {Facts & {metadata: number[], frames: number}} */
  const facts = { exif: null, xmp: null, profile: null, metadata: [], frames: 0 };
  for (let place = 12; place + 8 <= bytes.length; ) {
    const length = view.getUint32(place + 4, true);
    const data = bytes.subarray(place + 8, place + 8 + length);
    const kind = latin(bytes, place, place + 4);
    const size = data.length >= 10 && SIZE_IN_WEBP[kind]?.(viewOf(data));
    if (size && !facts.width) [facts.width, facts.height] = size;
    if (kind === "ANMF") facts.frames += 1;
    else if (kind === "ICCP") facts.profile = data;
    else if (kind === "XMP ") facts.xmp = data;
    else if (kind === "EXIF") {
      facts.exif = data;
      facts.metadata.push(place);
    }
    place += 8 + length + (length % 2);
  }
  return facts;
}

/** Width and height by the kind of the chunk that tells them. @type {Record<string, (view: DataView) => [number, number]>} */
const SIZE_IN_WEBP = {
  VP8X: (view) => [1 + (view.getUint32(4, true) & 0xffffff), 1 + (view.getUint32(6, true) >>> 8)],
  "VP8 ": (view) => [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff],
  VP8L: (view) => [1 + (view.getUint32(1, true) & 0x3fff), 1 + ((view.getUint32(1, true) >>> 14) & 0x3fff)],
};

/**
 * Return the facts of an AVIF: its largest picture is the photo, others may be parts of it.
 * @param {Uint8Array} bytes @returns {Facts}
 */
export function avifFacts(bytes) {
  const view = viewOf(bytes);
  /** @type {Facts} */
  const facts = {};
  for (let place = find(bytes, "ispe"); place >= 0 && place + 16 <= bytes.length; place = find(bytes, "ispe", place + 1)) {
    const [width, height] = [view.getUint32(place + 8), view.getUint32(place + 12)];
    if (width * height > (facts.width ?? 0) * (facts.height ?? 0)) [facts.width, facts.height] = [width, height];
  }
  const colours = find(bytes, "colrprof");
  if (colours >= 4) facts.profile = bytes.subarray(colours + 8, colours - 4 + view.getUint32(colours - 4));
  const samples = hasMark(bytes, "avis", 8) ? find(bytes, "stsz") : -1;
  if (samples >= 0 && samples + 16 <= bytes.length) facts.frames = view.getUint32(samples + 12);
  return facts;
}

/** Return the facts of a BMP. @param {Uint8Array} bytes @returns {Facts} */
export function bmpFacts(bytes) {
  if (bytes.length < 26) throw unknown();
  const view = viewOf(bytes);
  if (view.getUint32(14, true) === 12) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}
