/** Formats of photos by the marks at the beginning of files. */

import { hasMark } from "./bytes.js";
import { avifFacts, bmpFacts, gifFacts, webpFacts } from "./containers.js";
import { PNG_MARK } from "./png_chunks.js";

const HEIF_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "MiHE"];

/** @typedef {(bytes: Uint8Array) => boolean} Test */

/** @param {Uint8Array} bytes */
export const isJpeg = (bytes) => hasMark(bytes, "\xff\xd8\xff");

/** @param {Uint8Array} bytes */
export const isPng = (bytes) => hasMark(bytes, PNG_MARK);

/**
 * Formats that browsers decode, each with what reads its facts.
 * @type {[Test, (bytes: Uint8Array) => import("./containers.js").Facts][]}
 */
const DECODED = [
  [(bytes) => hasMark(bytes, "GIF87a") || hasMark(bytes, "GIF89a"), gifFacts],
  [(bytes) => hasMark(bytes, "RIFF") && hasMark(bytes, "WEBP", 8), webpFacts],
  [(bytes) => hasMark(bytes, "ftyp", 4) && ["avif", "avis"].some((brand) => hasMark(bytes, brand, 8)), avifFacts],
  [(bytes) => hasMark(bytes, "BM"), bmpFacts],
  [(bytes) => hasMark(bytes, "\0\0\x01\0"), () => ({})],
];

/** Formats that Python reads and few browsers do. @type {[string, Test][]} */
const RARE = [
  ["HEIC", (bytes) => hasMark(bytes, "ftyp", 4) && HEIF_BRANDS.some((brand) => hasMark(bytes, brand, 8))],
  ["TIFF", (bytes) => ["II*\0", "MM\0*", "II+\0", "MM\0+"].some((mark) => hasMark(bytes, mark))],
  ["JPEG 2000", (bytes) => hasMark(bytes, "jP  \r\n", 4) || hasMark(bytes, "\xff\x4f\xff\x51")],
  ["QOI", (bytes) => hasMark(bytes, "qoif")],
  ["PPM", (bytes) => /^P[1-6Ffy]\s/.test(String.fromCharCode(...bytes.subarray(0, 3)))],
  ["PCX", (bytes) => bytes[0] === 10 && [0, 2, 3, 5].includes(bytes[1]) && bytes[2] === 1],
];

/** Return what reads the facts of a file, undefined for a format that browsers do not decode. @param {Uint8Array} bytes */
export function factsReader(bytes) {
  return DECODED.find(([test]) => test(bytes))?.[1];
}

/** Return the name of a format that few browsers decode, undefined for any other. @param {Uint8Array} bytes */
export function rareFormat(bytes) {
  return RARE.find(([, test]) => test(bytes))?.[0];
}
