/** The pixels of a PNG file: inflated, and with the filters of its rows undone. */

import { inflated } from "./bytes.js";
import { damaged } from "./sentences.js";

/** Columns and rows of the passes of an interlaced picture: the first, and the step to the next. */
const PASSES = [
  { left: 0, top: 0, right: 8, down: 8 },
  { left: 4, top: 0, right: 8, down: 8 },
  { left: 0, top: 4, right: 4, down: 8 },
  { left: 2, top: 0, right: 4, down: 4 },
  { left: 0, top: 2, right: 2, down: 4 },
  { left: 1, top: 0, right: 2, down: 2 },
  { left: 0, top: 1, right: 1, down: 2 },
];
const WHOLE = [{ left: 0, top: 0, right: 1, down: 1 }];

/**
 * Return the numbers of all pixels, row by row.
 * @param {import("./png_chunks.js").Png} png @returns {Promise<Uint8Array | Uint16Array>} 16 bits where the file has them
 */
export async function samplesOf(png) {
  const rows = linesOf(png);
  const count = png.width * png.height * png.channels;
  const samples = png.depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  let line = rows.next();
  let filled = 0;
  try {
    for await (const piece of inflated(png.pixels)) {
      for (let place = 0; place < piece.length && !line.done;) {
        const { bytes } = line.value;
        const taken = Math.min(piece.length - place, bytes.length - filled);
        bytes.set(piece.subarray(place, place + taken), filled);
        [place, filled] = [place + taken, filled + taken];
        if (filled < bytes.length) continue;
        unfilter(line.value);
        unpack(line.value, png, samples);
        [line, filled] = [rows.next(), 0];
      }
      if (line.done) break;
    }
  } catch {
    throw damaged();
  }
  if (!line.done) throw damaged();
  return samples;
}

/**
 * Yield the lines of the file in their order: `bytes` to be filled, their filter in front; those `above`; the number
 * `before` by which the same byte of the pixel to the left lies back; the first pixel `at` and the step to the next.
 * @param {import("./png_chunks.js").Png} png
 */
function* linesOf({ width, height, depth, channels, interlaced }) {
  const before = Math.max(1, (depth * channels) >> 3);
  for (const { left, top, right, down } of interlaced ? PASSES : WHOLE) {
    const pixels = Math.ceil((width - left) / right);
    if (pixels <= 0) continue;
    const length = 1 + Math.ceil((pixels * channels * depth) / 8);
    let [bytes, above] = [new Uint8Array(length), new Uint8Array(length)];
    for (let row = top; row < height; row += down) {
      yield { bytes, above, before, pixels, at: row * width + left, step: right };
      [bytes, above] = [above, bytes];
    }
  }
}

/** @typedef {{bytes: Uint8Array, above: Uint8Array, before: number, pixels: number, at: number, step: number}} Line */

/** Undo the filter of a line. @param {Line} line */
function unfilter({ bytes, above, before }) {
  const filter = bytes[0];
  if (filter > 4) throw damaged();
  for (let place = 1; filter && place < bytes.length; place += 1) {
    const left = place > before ? bytes[place - before] : 0;
    if (filter === 1) bytes[place] += left;
    else if (filter === 2) bytes[place] += above[place];
    else if (filter === 3) bytes[place] += (left + above[place]) >> 1;
    else bytes[place] += nearest(left, above[place], place > before ? above[place - before] : 0);
  }
}

/**
 * Return which of three neighbours is nearest to left + up - corner (Paeth 1991).
 * @param {number} left @param {number} up @param {number} corner
 */
function nearest(left, up, corner) {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/**
 * Put the numbers of a line where they belong.
 * @param {Line} line @param {import("./png_chunks.js").Png} png @param {Uint8Array | Uint16Array} samples
 */
function unpack({ bytes, pixels, at, step }, { depth, channels }, samples) {
  const mask = 2 ** depth - 1;
  for (let pixel = 0, place = at * channels; pixel < pixels; pixel += 1, place += step * channels) {
    for (let channel = 0; channel < channels; channel += 1) {
      const index = pixel * channels + channel;
      if (depth === 8) samples[place + channel] = bytes[1 + index];
      else if (depth === 16) samples[place + channel] = (bytes[1 + 2 * index] << 8) | bytes[2 + 2 * index];
      else samples[place + channel] = (bytes[1 + ((index * depth) >> 3)] >> (8 - depth - ((index * depth) & 7))) & mask;
    }
  }
}
