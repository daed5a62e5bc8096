/** The parts of a PNG file: its header, and what was written around the pixels. */

import { inflated, joined, latin, viewOf } from "./bytes.js";
import { damaged, unknown } from "./sentences.js";

export const PNG_MARK = "\x89PNG\r\n\x1a\n";
const MOST_INFLATED = 2 ** 20; // bytes of a profile or a text, as in Pillow
const CHANNELS = /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 });
const DEEP = [8, 16];
const DEPTHS = /** @type {Record<number, number[]>} */ ({ 0: [1, 2, 4, ...DEEP], 2: DEEP, 3: [1, 2, 4, 8], 4: DEEP, 6: DEEP });

/**
 * @typedef {object} Png
 * @property {number} width @property {number} height
 * @property {number} depth bits of a number
 * @property {number} kind 0 grey, 2 colours, 3 places in the palette, 4 grey and opacity, 6 colours and opacity
 * @property {number} channels numbers of a pixel
 * @property {boolean} interlaced
 * @property {Uint8Array} palette
 * @property {Uint8Array | null} transparency
 * @property {Uint8Array[]} pixels zlib stream, in pieces
 * @property {Uint8Array | null} exif @property {Uint8Array | null} xmp @property {Uint8Array | null} profile
 * @property {number} frames
 */

const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Return the checksum of bytes. @param {Uint8Array} bytes */
export function crcOf(bytes) {
  let value = 0xffffffff;
  for (let place = 0; place < bytes.length; place += 1) value = CRCS[(value ^ bytes[place]) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}

/**
 * Return the parts of a PNG file. Like Pillow, it looks at checksums before the pixels, and does not mind what is
 * damaged behind them.
 * @param {Uint8Array} bytes @returns {Promise<Png>}
 */
export async function pngParts(bytes) {
  const header = { width: 0, height: 0, depth: 8, kind: 0, channels: 1, interlaced: false };
  const around = { palette: new Uint8Array(), transparency: null, exif: null, xmp: null, profile: null };
  /** @type {Png} */
  const png = { ...header, ...around, pixels: [], frames: 1 };
  let [hasFrames, isFirstFrame] = [false, false];
  for (const { kind, data, isSound, isWhole } of chunks(bytes)) {
    const isBefore = !png.pixels.length;
    if (kind === "IDAT") png.pixels.push(data);
    else if (isBefore && !isWhole) throw damaged();
    else if (isBefore && !isSound) throw unknown();
    else if (!isWhole || !isSound || kind === "IEND") break;
    else if (kind === "IHDR") Object.assign(png, headerIn(data));
    else if (kind === "PLTE") png.palette = data;
    else if (kind === "tRNS") png.transparency = data;
    else if (kind === "eXIf") png.exif = data;
    else if (kind === "iCCP") png.profile = await profileIn(data);
    else if (kind === "acTL" && isBefore) [png.frames, hasFrames] = [viewOf(data).getUint32(0), true];
    else if (kind === "fcTL" && isBefore) isFirstFrame = true;
    else if (["tEXt", "zTXt", "iTXt"].includes(kind)) Object.assign(png, await metadataIn(kind, data, png));
  }
  if (!png.width) throw unknown();
  if (hasFrames && png.frames > 1 && !isFirstFrame) png.frames += 1; // a picture of its own stands before the animation
  return png;
}

/** Yield the chunks of a file. @param {Uint8Array} bytes */
function* chunks(bytes) {
  const view = viewOf(bytes);
  for (let place = PNG_MARK.length; place + 8 <= bytes.length; ) {
    const end = place + 8 + view.getUint32(place);
    const isWhole = end <= bytes.length;
    const isSound = end + 4 <= bytes.length && view.getUint32(end) === crcOf(bytes.subarray(place + 4, end));
    yield { kind: latin(bytes, place + 4, place + 8), data: bytes.subarray(place + 8, end), isWhole, isSound };
    place = end + 4;
  }
}

/** @param {Uint8Array} data */
function headerIn(data) {
  if (data.length < 13) throw damaged();
  const view = viewOf(data);
  const [depth, kind] = [data[8], data[9]];
  if (!DEPTHS[kind]?.includes(depth)) throw unknown();
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  return { width, height, depth, kind, channels: CHANNELS[kind], interlaced: data[12] !== 0 };
}

/** Return the profile in a chunk, null where it cannot be inflated. @param {Uint8Array} data */
async function profileIn(data) {
  const end = data.indexOf(0);
  return data[end + 1] === 0 ? textIn(data.subarray(end + 2)) : null;
}

/** Return inflated bytes, null for damaged ones. @param {Uint8Array} data */
async function textIn(data) {
  const pieces = [];
  let length = 0;
  try {
    for await (const piece of inflated([data])) {
      pieces.push(piece);
      length += piece.length;
      if (length > MOST_INFLATED) break;
    }
  } catch {
    return null;
  }
  if (length > MOST_INFLATED) throw damaged();
  return joined(pieces);
}

/**
 * Return what a text tells of the camera's metadata: ImageMagick writes them as hexadecimal digits.
 * @param {string} kind @param {Uint8Array} data @param {Png} known
 */
async function metadataIn(kind, data, known) {
  const end = data.indexOf(0);
  const name = latin(data, 0, end);
  if (name === "XML:com.adobe.xmp") return { xmp: data.subarray(end + 1) };
  if (name !== "Raw profile type exif" || known.exif) return {};
  const text = kind === "zTXt" ? await textIn(data.subarray(end + 2)) : data.subarray(end + 1);
  const [, , , ...lines] = latin(text ?? new Uint8Array()).split("\n");
  return { exif: Uint8Array.from(lines.join("").match(/../g) ?? [], (pair) => parseInt(pair, 16)) };
}
