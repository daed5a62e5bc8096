/** The pixels of a PNG file as red, green, blue and opacity in 8 bits, exactly as Pillow gives them. */

import { viewOf } from "./bytes.js";
import { coloursIn8, greyIn8 } from "./depth.js";
import { samplesOf } from "./png_rows.js";

const [GREY, COLOURS, PLACES, GREY_OPACITY] = [0, 2, 3, 4];

/**
 * @typedef {object} Decoded
 * @property {import("./resize.js").Pixels} pixels
 * @property {boolean} hasOpacity
 * @property {"RGB" | "GRAY" | "CMYK" | null} space of colours that a profile may describe; null where none is followed
 * @property {string[]} notices
 */

/** Return the pixels of a PNG file. @param {import("./png_chunks.js").Png} png @returns {Promise<Decoded>} */
export async function pngPixels(png) {
  const { width, height, depth, kind, channels, transparency } = png;
  const samples = await samplesOf(png);
  if (depth === 16 && kind === GREY) {
    const { grey, notices } = greyIn8(/** @type {Uint16Array} */ (samples));
    return { pixels: rgba(width, height, grey, 1, GREY), hasOpacity: false, space: null, notices };
  }
  if (kind === PLACES) {
    const pixels = { data: coloured(samples, colourTable(png)), width, height };
    return { pixels, hasOpacity: transparency !== null, space: "RGB", notices: [] };
  }
  const isDeep = samples instanceof Uint16Array;
  const colours = kind & COLOURS ? 3 : 1;
  const { samples: eight, notices, stretched } = isDeep ? coloursIn8(samples, channels, colours) : scaled(samples, depth);
  const pixels = rgba(width, height, eight, channels, kind);
  const key = stretched || channels > 3 || kind === GREY_OPACITY ? null : keyOf(png);
  if (key) cutOut(pixels.data, key);
  const isGrey = colours === 1 && depth > 1 && !isDeep; // Pillow takes a grey picture of 1 bit, or of 16 and opacity, for colours
  return { pixels, hasOpacity: channels % 2 === 0 || key !== null, space: isGrey ? "GRAY" : "RGB", notices };
}

/** Return grey values of fewer bits in 8. @param {Uint8Array} samples @param {number} depth */
function scaled(samples, depth) {
  const factor = 255 / (2 ** depth - 1);
  const inEight = depth === 8 ? samples : samples.map((value) => value * factor);
  return { samples: inEight, notices: /** @type {string[]} */ ([]), stretched: false };
}

/**
 * Return pixels of four numbers.
 * @param {number} width @param {number} height @param {Uint8Array} samples @param {number} channels @param {number} kind
 */
function rgba(width, height, samples, channels, kind) {
  if (channels === 4) return { data: new Uint8ClampedArray(samples.buffer), width, height };
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  const [green, blue] = kind & COLOURS ? [1, 2] : [0, 0];
  for (let from = 0, to = 0; to < data.length; from += channels, to += 4) {
    data[to] = samples[from];
    data[to + 1] = samples[from + green];
    data[to + 2] = samples[from + blue];
    if (channels % 2 === 0) data[to + 3] = samples[from + channels - 1];
  }
  return { data, width, height };
}

/** Return the colours of a palette, four bytes each; grey ones where it has none. @param {import("./png_chunks.js").Png} png */
function colourTable({ palette, transparency }) {
  const table = new Uint8Array(4 * 256);
  for (let place = 0; place < 256; place += 1) {
    const colour = 3 * place + 3 <= palette.length ? palette.subarray(3 * place, 3 * place + 3) : [place, place, place];
    table.set([...colour, transparency?.[place] ?? 255], 4 * place);
  }
  return table;
}

/** @param {Uint8Array | Uint16Array} places @param {Uint8Array} table */
function coloured(places, table) {
  const colours = new Uint32Array(table.buffer);
  const pixels = new Uint32Array(places.length);
  for (let place = 0; place < places.length; place += 1) pixels[place] = colours[places[place]];
  return new Uint8ClampedArray(pixels.buffer);
}

/** Return the colour that stands for nothing, null for none. @param {import("./png_chunks.js").Png} png */
function keyOf({ transparency, kind, depth }) {
  if (!transparency || transparency.length < (kind === COLOURS ? 6 : 2)) return null;
  const view = viewOf(transparency);
  if (kind === COLOURS) return [0, 2, 4].map((place) => view.getUint16(place) & 255);
  const grey = view.getUint16(0);
  return new Array(3).fill(depth === 1 ? (grey ? 255 : 0) : grey & 255);
}

/** Make pixels of one colour transparent. @param {Uint8ClampedArray} data @param {number[]} key */
function cutOut(data, [red, green, blue]) {
  for (let place = 0; place < data.length; place += 4) {
    if (data[place] === red && data[place + 1] === green && data[place + 2] === blue) data[place + 3] = 0;
  }
}
