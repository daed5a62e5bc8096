/** What the browser itself decodes. */

import { damaged, checkSize } from "./sentences.js";

const TILE = 2048; // pixels a side: no browser's canvas is too small for it

/**
 * Return the pixels of a file as the browser decodes it, transparency laid on white.
 * @param {Uint8Array} bytes
 * @param {boolean} toSrgb whether its colour profile is followed
 * @returns {Promise<import("./resize.js").Pixels>}
 */
export async function browserPixels(bytes, toSrgb) {
  const bitmap = await bitmapOf(bytes, toSrgb);
  try {
    checkSize(bitmap.width, bitmap.height);
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

/** @param {Uint8Array} bytes @param {boolean} toSrgb */
async function bitmapOf(bytes, toSrgb) {
  const colorSpaceConversion = toSrgb ? "default" : "none";
  try {
    const blob = new Blob([/** @type {BlobPart} */ (bytes)]);
    return await createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion });
  } catch {
    throw damaged();
  }
}

/** Return pixels, read from a small canvas tile by tile. @param {ImageBitmap} bitmap */
function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  const data = new Uint8ClampedArray(4 * width * height);
  const canvas = new OffscreenCanvas(Math.min(TILE, width), Math.min(TILE, height));
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw damaged();
  context.fillStyle = "white";
  for (let top = 0; top < height; top += TILE) {
    for (let left = 0; left < width; left += TILE) {
      const [across, down] = [Math.min(TILE, width - left), Math.min(TILE, height - top)];
      context.fillRect(0, 0, across, down);
      context.drawImage(bitmap, left, top, across, down, 0, 0, across, down);
      const tile = context.getImageData(0, 0, across, down).data;
      for (let row = 0; row < down; row += 1) {
        data.set(tile.subarray(4 * row * across, 4 * (row + 1) * across), 4 * ((top + row) * width + left));
      }
    }
  }
  return { data, width, height };
}
