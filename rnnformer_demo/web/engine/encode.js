/** Arrays for the analysis document, encoded as `document/arrays.py` does: base64 of little-endian numbers. */

import { largest, roundEven } from "./numbers.js";

/** @typedef {import("../core/arrays.js").Encoded} Encoded */

const LEVELS = 255; // steps between the smallest and the largest value of a uint8 array
const LARGEST_HALF = 65504;
const CHUNK = 0x8000; // bytes that become characters at once

/** Encode values in 32 bits. @param {ArrayLike<number>} values @param {readonly number[]} shape @returns {Encoded} */
export function inFull(values, shape) {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (let place = 0; place < values.length; place += 1) bytes.setFloat32(4 * place, values[place], true);
  return { dtype: "float32", shape: [...shape], data: base64(bytes), scale: 1, offset: 0 };
}

/** Encode values in 16 bits. @param {ArrayLike<number>} values @param {readonly number[]} shape @returns {Encoded} */
export function inHalf(values, shape) {
  const bytes = new DataView(new ArrayBuffer(2 * values.length));
  for (let place = 0; place < values.length; place += 1) bytes.setUint16(2 * place, halfBits(values[place]), true);
  return { dtype: "float16", shape: [...shape], data: base64(bytes), scale: 1, offset: 0 };
}

/**
 * Encode values in 256 levels from the least to the most.
 * @param {ArrayLike<number>} values @param {readonly number[]} shape @param {number} least @param {number} [most] that of the values by default
 * @returns {Encoded}
 */
export function inLevels(values, shape, least, most = maximum(values)) {
  const scale = (most - least) / LEVELS || 1;
  const [step, start] = [Math.fround(scale), Math.fround(least)];
  const bytes = new Uint8Array(values.length);
  for (let place = 0; place < values.length; place += 1) {
    const level = roundEven(Math.fround(Math.fround(Math.fround(values[place]) - start) / step));
    bytes[place] = Math.min(LEVELS, Math.max(0, level));
  }
  return { dtype: "uint8", shape: [...shape], data: base64(new DataView(bytes.buffer)), scale, offset: least };
}

/**
 * Encode values around 0 in levels, such that 0 stays exactly 0.
 * @param {ArrayLike<number>} values @param {readonly number[]} shape @param {number} [top] largest size of a value; that of the values by default
 */
export function symmetric(values, shape, top = Math.fround(largest(values))) {
  const scale = top / Math.floor(LEVELS / 2) || 1;
  return inLevels(values, shape, -top, top + scale);
}

/** Return the largest value, 0 at least. @param {ArrayLike<number>} values */
function maximum(values) {
  let most = 0;
  for (let place = 0; place < values.length; place += 1) most = Math.max(most, values[place]);
  return Math.fround(most);
}

const SINGLE = new Float32Array(1);
const BITS = new Uint32Array(SINGLE.buffer);
const DROPPED = 13; // bits of a fraction that a float32 has and a float16 has not

/** Return the bits of the nearest float16; of two as near, of the one whose last bit is 0. @param {number} value */
export function halfBits(value) {
  SINGLE[0] = Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, value));
  const [bits] = BITS;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112; // of a float16
  const fraction = (bits & 0x7fffff) | 0x800000;
  if (exponent <= 0) return exponent < -10 ? sign : sign | shifted(fraction, DROPPED + 1 - exponent);
  return sign | (shifted(fraction, DROPPED) + ((exponent - 1) << 10)); // what is rounded up to a whole makes the exponent grow
}

/** Return a number without its last bits, rounded to the nearest, half-way to even. @param {number} number @param {number} count */
function shifted(number, count) {
  return roundEven(number / 2 ** count);
}

/** Return all bytes under a view as base64. @param {DataView} view */
export function base64({ buffer }) {
  const bytes = new Uint8Array(buffer);
  const parts = [];
  for (let start = 0; start < bytes.length; start += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(start, start + CHUNK)));
  return btoa(parts.join(""));
}
