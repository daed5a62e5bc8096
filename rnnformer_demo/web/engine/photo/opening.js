/** The one way in for photos: whatever the file, the first frame comes out upright, opaque and in sRGB, as in `data/opening.py`. */

import { find } from "./bytes.js";
import { browserPixels } from "./canvas.js";
import { factsReader, isJpeg, isPng, rareFormat } from "./formats.js";
import { jpegParts } from "./jpeg.js";
import { orientationOf, upright } from "./orientation.js";
import { pngParts } from "./png_chunks.js";
import { pngPixels } from "./png_pixels.js";
import { planFor } from "./profile.js";
import * as sentences from "./sentences.js";

const MOST_PASSES = 64; // encoders make about ten
const MOST_SCANNED = 20 * sentences.MAX_PIXELS; // pixels times passes

/**
 * @typedef {object} Opened
 * @property {import("./resize.js").Pixels} photo upright and opaque
 * @property {string[]} notices sentences about its changes
 */

/**
 * Decode a photo. Throws an InputError for what is no photo, is damaged, or is too big or too small.
 * @param {any} source a file, or its bytes @returns {Promise<Opened>}
 */
export async function openPhoto(source) {
  const bytes = await bytesOf(source);
  if (isPng(bytes)) return openPng(bytes);
  if (isJpeg(bytes)) return openJpeg(bytes);
  const facts = factsReader(bytes)?.(bytes);
  return facts ? openOther(bytes, facts) : openRare(bytes);
}

/** @param {any} source @returns {Promise<Uint8Array>} */
async function bytesOf(source) {
  if (source === null || source === undefined) throw sentences.none();
  const isBlob = source instanceof Blob;
  if (!isBlob && !(source instanceof ArrayBuffer) && !ArrayBuffer.isView(source)) throw sentences.noFile(source);
  const size = isBlob ? source.size : source.byteLength;
  if (!size) throw sentences.empty();
  if (size > sentences.MAX_BYTES) throw sentences.tooManyBytes();
  if (isBlob) return new Uint8Array(await source.arrayBuffer());
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

/** @param {Uint8Array} bytes @returns {Promise<Opened>} */
async function openPng(bytes) {
  const png = await pngParts(bytes);
  sentences.checkSize(png.width, png.height);
  const { pixels, hasOpacity, space, notices } = await pngPixels(png);
  const plan = planFor(space && png.profile, space ?? "RGB");
  const coloured = plan.byBrowser ? await browserPixels(bytes, true) : pixels;
  plan.convert(coloured.data);
  if (hasOpacity) layOnWhite(coloured.data);
  const photo = upright(coloured, orientationOf(png.exif, png.xmp));
  return { photo, notices: [...sentences.framesNotice(png.frames, false), ...notices, ...plan.notices] };
}

/** @param {Uint8Array} bytes @returns {Promise<Opened>} */
async function openJpeg(bytes) {
  const jpeg = jpegParts(bytes);
  if (jpeg.passes > MOST_PASSES || jpeg.passes * jpeg.width * jpeg.height > MOST_SCANNED) {
    throw sentences.tooManyPasses(jpeg.passes);
  }
  sentences.checkSize(jpeg.width, jpeg.height);
  if (!jpeg.isWhole) throw sentences.damaged();
  return openDecoded(bytes, { ...jpeg, frames: 1 }, jpeg.space);
}

/** @param {Uint8Array} bytes @param {import("./containers.js").Facts} facts @returns {Promise<Opened>} */
async function openOther(bytes, facts) {
  if (facts.width !== undefined && facts.height !== undefined) sentences.checkSize(facts.width, facts.height);
  return openDecoded(bytes, facts, "RGB");
}

/**
 * Open what the browser decodes; which way up it is, is read here, for browsers differ in it.
 * @param {Uint8Array} bytes @param {import("./containers.js").Facts} facts @param {"RGB" | "GRAY" | "CMYK"} space
 * @returns {Promise<Opened>}
 */
async function openDecoded(bytes, { profile = null, exif = null, xmp = null, metadata = [], frames = 1, pages = false }, space) {
  const unturned = bytes.slice();
  for (const place of metadata) unturned[place] = 0;
  const plan = planFor(profile, space);
  const pixels = await browserPixels(unturned, plan.byBrowser);
  plan.convert(pixels.data);
  return {
    photo: upright(pixels, orientationOf(exif, xmp)),
    notices: [...sentences.framesNotice(frames, pages), ...plan.notices],
  };
}

/** Open what this browser may be able to decode though most are not. @param {Uint8Array} bytes @returns {Promise<Opened>} */
async function openRare(bytes) {
  const format = rareFormat(bytes);
  if (!format) throw find(lower(bytes.subarray(0, 4096)), "<svg") < 0 ? sentences.unknown() : sentences.drawing();
  try {
    return { photo: await browserPixels(bytes, true), notices: [] };
  } catch (error) {
    throw error instanceof Error && error.message === sentences.damaged().message ? sentences.beyondBrowser(format) : error;
  }
}

/** Return bytes with capital letters of ASCII made small. @param {Uint8Array} bytes */
function lower(bytes) {
  return bytes.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));
}

/** Lay transparent pixels on white, in Pillow's whole numbers. @param {Uint8ClampedArray} data */
function layOnWhite(data) {
  for (let place = 0; place < data.length; place += 4) {
    const opacity = data[place + 3];
    if (opacity === 255) continue;
    for (let colour = place; colour < place + 3; colour += 1) {
      const sum = data[colour] * opacity + 255 * (255 - opacity) + 128;
      data[colour] = ((sum >> 8) + sum) >> 8;
    }
    data[place + 3] = 255;
  }
}
