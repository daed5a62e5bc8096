/** Colours of a profile in sRGB by three curves and a matrix, in the whole numbers with which LittleCMS computes 8 bits. */

import { srgbValue } from "./curves.js";

/** @typedef {number[][]} Matrix */

const ONE = 16384; // 1, with 14 bits behind the point
const D50 = [0.9642, 1.0, 0.8249];
const D65 = [0.3127, 0.329];
const PRIMARIES = [
  [0.64, 0.33],
  [0.3, 0.6],
  [0.15, 0.06],
];
/** From XYZ to the cones of the eye (Lam & Rigg's "Bradford"). */
const CONES = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** The value of sRGB for each share of light. */
const STORED = Uint8Array.from({ length: ONE + 1 }, (_, light) => Math.floor(srgbValue(light / ONE) * 255 + 0.5));

/**
 * Turn the colours of pixels into sRGB, in their place.
 * @param {Uint8ClampedArray} data red, green, blue and opacity
 * @param {import("./curves.js").Curve[]} curves of red, green and blue @param {Matrix} matrix their light to XYZ under D50
 */
export function shape(data, curves, matrix) {
  const [reds, greens, blues] = curves.map((curve) => Int32Array.from({ length: 256 }, (_, byte) => fixed(curve(byte / 255))));
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = times(inverse(srgbMatrix()), matrix).map((row) => row.map(fixed));
  for (let place = 0; place < data.length; place += 4) {
    const [red, green, blue] = [reds[data[place]], greens[data[place + 1]], blues[data[place + 2]]];
    data[place] = stored(rr * red + rg * green + rb * blue);
    data[place + 1] = stored(gr * red + gg * green + gb * blue);
    data[place + 2] = stored(br * red + bg * green + bb * blue);
  }
}

/** Turn grey pixels into sRGB, in their place. @param {Uint8ClampedArray} data @param {import("./curves.js").Curve} curve */
export function shapeGrey(data, curve) {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => Math.floor(srgbValue(Math.min(1, curve(byte / 255))) * 255 + 0.5));
  for (let place = 0; place < data.length; place += 4) data.fill(table[data[place]], place, place + 3);
}

/** @param {number} value */
function fixed(value) {
  return Math.floor(value * ONE + 0.5);
}

/** Return the value of sRGB for a sum with 28 bits behind the point. @param {number} sum */
function stored(sum) {
  return STORED[Math.min(ONE, Math.max(0, (sum + ONE / 2) >> 14))];
}

/** Return the matrix from light in sRGB to XYZ under D50. @returns {Matrix} */
function srgbMatrix() {
  const [x, y] = D65;
  const white = [x / y, 1, (1 - x - y) / y];
  const primaries = transposed(PRIMARIES.map(([across, up]) => [across, up, 1 - across - up]));
  const shares = applied(inverse(primaries), white);
  const [from, to] = [applied(CONES, white), applied(CONES, D50)];
  const scale = to.map((cone, row) => from.map((_, column) => (row === column ? cone / from[row] : 0)));
  const adaptation = times(inverse(CONES), times(scale, CONES));
  return times(
    adaptation,
    primaries.map((row) => row.map((value, column) => value * shares[column])),
  );
}

/** @param {Matrix} matrix @returns {Matrix} */
export function transposed(matrix) {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

/** @param {Matrix} matrix @param {number[]} vector */
function applied(matrix, vector) {
  return matrix.map((row) => row.reduce((sum, value, place) => sum + value * vector[place], 0));
}

/** @param {Matrix} one @param {Matrix} other @returns {Matrix} */
function times(one, other) {
  return transposed(transposed(other).map((column) => applied(one, column)));
}

/** @param {Matrix} matrix of three rows and columns @returns {Matrix} */
function inverse([[a, b, c], [d, e, f], [g, h, i]]) {
  const cofactors = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  const determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0];
  return cofactors.map((row) => row.map((value) => value / determinant));
}
