/** Photos to samples: the square that a model reads, and its grid of cells, as `data/image.py`. */

import { percent, rounded } from "../format.js";
import { openPhoto } from "./opening.js";
import { middleSquare } from "./resize.js";

const CUT = 0.01; // share of a photo from which its loss is worth a sentence

/** @typedef {import("./resize.js").Pixels} Pixels @typedef {[number, number, number, number]} Box */

export class PhotoReader {
  /** @param {{size: number, stride: number, mean: number, std: number, share?: number}} preprocessing from the model's card */
  constructor({ size, stride, mean, std, share = 1 }) {
    this.size = size;
    this.stride = stride;
    this.share = share;
    const [centre, spread] = [Math.fround(mean), Math.fround(std)];
    /** The normalised value of each byte, in steps of float32. */
    this.values = Float32Array.from({ length: 256 }, (_, byte) => Math.fround(Math.fround(byte / 255) - centre) / spread);
  }

  /**
   * Return the sample of a photo. Throws an InputError for what cannot be read.
   * @param {any} source a file, or its bytes @returns {Promise<import("../context.js").Sample>}
   */
  async read(source) {
    const { photo, notices } = await openPhoto(source);
    const box = boxOfSquare(photo, this.share);
    const warnings = [...notices, ...cutNotice(photo, box)];
    return { ...this.ofSquare(middleSquare(photo, this.size, this.share), warnings), box };
  }

  /**
   * Return the sample of a square that was cut out before.
   * @param {Pixels} square as many pixels wide as the model reads @param {string[]} warnings sentences that the sample carries
   * @returns {import("../context.js").Sample}
   */
  ofSquare(square, warnings = []) {
    const side = Math.floor(this.size / this.stride);
    const cells = Array.from({ length: side * side }, (_, cell) => cell);
    return {
      feeds: { photos: { data: this.#normalised(square), dims: [1, 3, this.size, this.size] } },
      steps: cells.length,
      tokenToUnit: cells,
      unitNames: cells.map((cell) => `row ${Math.floor(cell / side) + 1}, column ${(cell % side) + 1}`),
      spans: [],
      grid: [side, side],
      display: square,
      warnings,
    };
  }

  /** Return red, green and blue planes of normalised values. @param {Pixels} square */
  #normalised({ data }) {
    const pixels = data.length / 4;
    const inputs = new Float32Array(3 * pixels);
    for (let colour = 0; colour < 3; colour += 1) {
      for (let pixel = 0; pixel < pixels; pixel += 1) inputs[colour * pixels + pixel] = this.values[data[4 * pixel + colour]];
    }
    return inputs;
  }
}

/**
 * Return left, top, right and bottom of the part that is read, as fractions of the photo.
 * @param {Pixels} photo @param {number} share @returns {Box}
 */
function boxOfSquare({ width, height }, share) {
  const side = share * Math.min(width, height);
  const [left, top] = [width, height].map((length) => rounded((1 - side / length) / 2, 6));
  return [left, top, rounded(1 - left, 6), rounded(1 - top, 6)];
}

/**
 * Return a sentence that says how much of a photo lies outside of the box; none for next to nothing.
 * @param {Pixels} photo @param {Box} box
 */
function cutNotice({ width, height }, [left, top, right, bottom]) {
  const cut = 1 - (right - left) * (bottom - top);
  if (cut < CUT) return [];
  const sides = [left ? "left and right" : "", top ? "top and bottom" : ""].filter(Boolean).join(" and ");
  return [`Of this photo (${width} x ${height}) only the middle square was read: ${percent(cut)} of it was cut away, ${sides}.`];
}
