/** Pictures in a document: PNG without loss, as base64. */

import { base64 } from "../encode.js";
import { deflated, joined, viewOf } from "./bytes.js";
import { crcOf, PNG_MARK, pngParts } from "./png_chunks.js";
import { pngPixels } from "./png_pixels.js";

const COLOURS = 2;

/** Return an opaque picture as base64 of a PNG file. @param {import("./resize.js").Pixels} picture @returns {Promise<string>} */
export async function encodePng({ data, width, height }) {
  const header = new Uint8Array(13);
  const view = viewOf(header);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOURS], 8);
  const mark = Uint8Array.from(PNG_MARK, (sign) => sign.charCodeAt(0));
  const pixels = await deflated(filtered(data, width, height));
  return base64(viewOf(joined([mark, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", new Uint8Array())])));
}

/**
 * Return the picture that `encodePng`, or Python, has encoded.
 * @param {string} text @returns {Promise<import("./resize.js").Pixels>}
 */
export async function decodePng(text) {
  return (await pngPixels(await pngParts(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))))).pixels;
}

/**
 * Return rows of colours, each as its difference from the row above: they deflate well.
 * @param {Uint8ClampedArray} data @param {number} width @param {number} height
 */
function filtered(data, width, height) {
  const rows = new Uint8Array(height * (1 + 3 * width));
  let place = 0;
  for (let row = 0; row < height; row += 1) {
    rows[place++] = 2;
    for (let at = 4 * row * width; at < 4 * (row + 1) * width; at += 4) {
      for (let colour = at; colour < at + 3; colour += 1) rows[place++] = data[colour] - (row ? data[colour - 4 * width] : 0);
    }
  }
  return rows;
}

/** @param {string} kind @param {Uint8Array} data */
function chunk(kind, data) {
  const named = joined([Uint8Array.from(kind, (sign) => sign.charCodeAt(0)), data]);
  const ends = [new Uint8Array(4), new Uint8Array(4)];
  viewOf(ends[0]).setUint32(0, data.length);
  viewOf(ends[1]).setUint32(0, crcOf(named));
  return joined([ends[0], named, ends[1]]);
}
