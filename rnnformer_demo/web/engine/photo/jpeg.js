/** The parts of a JPEG file: its size, what was written around the pixels, and whether it is whole. */

import { hasMark, joined, viewOf } from "./bytes.js";
import { damaged, unknown } from "./sentences.js";

const [PROTOCOL, XMP] = ["http://", "ns.adobe.com/xap/1.0/\0"]; // the name of a segment, which is no address
const [SCAN, END] = [0xda, 0xd9];
const SPACES = /** @type {Record<number, "RGB" | "GRAY" | "CMYK">} */ ({ 1: "GRAY", 3: "RGB", 4: "CMYK" });

/**
 * @typedef {object} Jpeg
 * @property {number} width @property {number} height
 * @property {"RGB" | "GRAY" | "CMYK"} space
 * @property {number} passes over the pixels
 * @property {boolean} isWhole
 * @property {Uint8Array | null} exif @property {Uint8Array | null} xmp @property {Uint8Array | null} profile
 * @property {number[]} metadata where the marks of segments begin that tell a browser which way up the photo is
 */

/** @type {Jpeg} */
const NOTHING = { width: 0, height: 0, space: "RGB", passes: 1, isWhole: false, exif: null, xmp: null, profile: null, metadata: [] };

/** Return the parts of a JPEG file. @param {Uint8Array} bytes @returns {Jpeg} */
export function jpegParts(bytes) {
  /** @type {Jpeg} */
  const jpeg = { ...NOTHING, metadata: [] };
  /** @type {Uint8Array[]} */
  let profile = [];
  for (const { marker, place, data } of segments(bytes)) {
    if (marker === 0xe1 && hasMark(data, "Exif\0\0")) {
      jpeg.exif = jpeg.exif ? joined([jpeg.exif, data.subarray(6)]) : data;
      jpeg.metadata.push(place);
    } else if (marker === 0xe1 && hasMark(data, XMP, PROTOCOL.length)) jpeg.xmp = data.subarray(PROTOCOL.length + XMP.length);
    else if (marker === 0xe2 && hasMark(data, "ICC_PROFILE\0")) profile.push(data);
    else if (isFrame(marker)) {
      Object.assign(jpeg, frame(data), profile.length ? { profile: inOrder(profile) } : {});
      profile = [];
      jpeg.passes = passesIn(bytes);
    } else if (marker === SCAN) {
      if (!jpeg.width || !jpeg.height) throw damaged();
      jpeg.isWhole = hasEnd(bytes, place);
      return jpeg;
    }
  }
  throw unknown();
}

/** Yield the segments of a file up to its first pass. @param {Uint8Array} bytes */
function* segments(bytes) {
  const view = viewOf(bytes);
  let place = 2;
  while (place + 4 <= bytes.length) {
    if (bytes[place] !== 0xff || [0, 0xff].includes(bytes[place + 1])) {
      place += 1; // padding, or what does not belong there
      continue;
    }
    const marker = bytes[place + 1];
    if (marker >= 0xd0 && marker <= 0xd9) {
      place += 2; // it has no content
      continue;
    }
    const end = place + 2 + view.getUint16(place + 2);
    if (end > bytes.length) throw damaged();
    yield { marker, place: place + 4, data: bytes.subarray(place + 4, end) };
    place = end;
  }
}

/** @param {number} marker */
function isFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Return size and colours. @param {Uint8Array} data */
function frame(data) {
  const [depth, space] = [data[0], SPACES[data[5]]];
  if (depth !== 8 || !space) throw unknown();
  const view = viewOf(data);
  return { width: view.getUint16(3), height: view.getUint16(1), space };
}

/** Return a profile whose parts lie in several segments, null where one is missing. @param {Uint8Array[]} parts */
function inOrder(parts) {
  const sorted = [...parts].sort((one, other) => one[12] - other[12]);
  return sorted[0][13] === parts.length ? joined(sorted.map((part) => part.subarray(14))) : null;
}

/** Return how often the file goes over its pixels, as Python counts it. @param {Uint8Array} bytes */
function passesIn(bytes) {
  let passes = 0;
  for (const _ of markers(bytes, SCAN)) passes += 1;
  return passes;
}

/**
 * Tell whether the end of the picture is there: Pillow refuses a file without it, browsers may show what they have.
 * @param {Uint8Array} bytes @param {number} from
 */
function hasEnd(bytes, from) {
  return !markers(bytes, END, from).next().done;
}

/** Yield where a marker stands. @param {Uint8Array} bytes @param {number} code @param {number} [from] */
function* markers(bytes, code, from = 1) {
  for (let place = bytes.indexOf(code, from); place >= 0; place = bytes.indexOf(code, place + 1)) {
    if (bytes[place - 1] === 0xff) yield place;
  }
}
