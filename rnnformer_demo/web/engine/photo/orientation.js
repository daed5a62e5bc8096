/** Which way up a photo is: read from its metadata as Pillow reads it, and turned upright. */

import { hasMark, latin, viewOf } from "./bytes.js";

const ORIENTATION = 0x0112;
const SHORT = 3; // TIFF's kind of whole numbers of 16 bits
const IN_XMP = /tiff:Orientation(?:="|>)([0-9])/;

/**
 * Return the orientation that metadata tell, 1-8; 1 where they tell none.
 * @param {Uint8Array | null} exif with or without its mark in front @param {Uint8Array | null} xmp
 */
export function orientationOf(exif, xmp) {
  const told =
    (exif && ofExif(hasMark(exif, "Exif\0\0") ? exif.subarray(6) : exif)) ?? (xmp && Number(IN_XMP.exec(latin(xmp))?.[1]));
  return told && told <= 8 ? told : 1;
}

/** Return the orientation in a TIFF directory, undefined for none. @param {Uint8Array} tiff */
function ofExif(tiff) {
  const isLittle = hasMark(tiff, "II");
  if (tiff.length < 8 || !(isLittle || hasMark(tiff, "MM"))) return undefined;
  const view = viewOf(tiff);
  const start = view.getUint32(4, isLittle);
  if (start + 2 > tiff.length) return undefined;
  const count = view.getUint16(start, isLittle);
  for (let entry = start + 2, left = count; left > 0 && entry + 12 <= tiff.length; entry += 12, left -= 1) {
    if (view.getUint16(entry, isLittle) !== ORIENTATION) continue;
    const isOne = view.getUint16(entry + 2, isLittle) === SHORT && view.getUint32(entry + 4, isLittle) === 1;
    return isOne ? view.getUint16(entry + 8, isLittle) : undefined;
  }
  return undefined;
}

/**
 * Return a photo turned upright.
 * @param {import("./resize.js").Pixels} photo @param {number} orientation @returns {import("./resize.js").Pixels}
 */
export function upright(photo, orientation) {
  if (orientation === 1) return photo;
  const { width, height } = photo;
  const isTurned = orientation > 4; // rows become columns
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const [across, down] = isTurned ? [height, width] : [width, height];
  const pixels = new Uint32Array(photo.data.buffer, photo.data.byteOffset, width * height);
  const result = new Uint32Array(width * height);
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      const [x, y] = isTurned ? [row, column] : [column, row];
      result[row * across + column] = pixels[(fromBottom ? height - 1 - y : y) * width + (fromRight ? width - 1 - x : x)];
    }
  }
  return { data: new Uint8ClampedArray(result.buffer), width: across, height: down };
}
