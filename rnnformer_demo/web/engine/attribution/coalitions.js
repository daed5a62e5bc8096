/** Coalitions of units, and Shapley values as a weighted regression over them (Lundberg & Lee 2017), see `coalitions.py`. */

import { percent, withCommas } from "../format.js";
import { argsort, choose, dot, sum } from "../numbers.js";
import { Generator } from "../random.js";
import { inverse } from "../regression.js";

export const ERROR = 0.02; // standard error of a score, as a share of the largest, at which no more coalitions are run
const SAMPLES = 256;
const SAMPLES_PER_UNIT = 8;
const MOST = { sequence: 8, grid: 1 };
const MOST_TOKENS = 300_000;

/** @typedef {Uint8Array[]} Coalitions rows of 0 and 1, the first all units and the second none */

/**
 * Return the number of coalitions of an input's units that are run at first, and the most, both even.
 * @param {import("../subject.js").Subject} subject
 */
export function budget({ units, layout, sample }) {
  const first = Math.max(SAMPLES, SAMPLES_PER_UNIT * units);
  const most = Math.max(first, Math.min(first * MOST[layout], Math.floor(MOST_TOKENS / sample.steps)));
  return [first, most - (most % 2)];
}

/** Return the first number, twice as many and so on, up to the most. @param {number} first @param {number} most */
export function stages(first, most) {
  const found = [];
  for (let stage = first; stage < most; stage *= 2) found.push(stage);
  return [...found, most];
}

/**
 * Return a sentence on the standard error of what was estimated, given as a share; none where nothing was.
 * @param {number} count @param {string} what @param {number | null} error
 */
export function errorNotices(count, what, error) {
  if (error === null) return [];
  return [`Estimated from ${withCommas(count)} ${what}: the standard error is up to ${percent(error, 1)} of the largest score.`];
}

/**
 * Draw coalitions with their weights in the regression: all units, none, then others. Where there are no more than the
 * most, all are taken, weighted by the Shapley kernel; else sizes are drawn by it, and each comes with its complement.
 * @param {number} count of units @param {number} most coalitions besides those two @param {number} seed
 * @returns {{coalitions: Coalitions, weights: Float64Array}}
 */
export function drawCoalitions(count, most, seed) {
  const ends = [new Uint8Array(count).fill(1), new Uint8Array(count)];
  if (count < 2) return { coalitions: ends, weights: Float64Array.of(1, 1) };
  if (2 ** count - 2 <= most) {
    const row = (/** @type {number} */ bits) => Uint8Array.from({ length: count }, (_, unit) => (bits >> unit) & 1);
    const inner = Array.from({ length: 2 ** count - 2 }, (_, number) => row(number + 1));
    const weights = inner.map(sum).map((size) => (count - 1) / (choose(count, size) * size * (count - size)));
    return { coalitions: [...ends, ...inner], weights: Float64Array.from([1, 1, ...weights], Math.fround) };
  }
  const generator = new Generator(seed);
  const sizes = drawSizes(count, most / 2, generator);
  const places = generator.rand((most / 2) * count);
  const inner = sizes.flatMap((size, row) => {
    const order = argsort(places.subarray(row * count, (row + 1) * count));
    const half = new Uint8Array(count);
    for (const unit of order.subarray(0, size)) half[unit] = 1;
    return [half, half.map((stays) => 1 - stays)];
  });
  return { coalitions: [...ends, ...inner], weights: new Float64Array(2 + inner.length).fill(1) };
}

/** Draw sizes of coalitions by the chances that the kernel gives all of a size together, as `torch.multinomial`. */
function drawSizes(/** @type {number} */ count, /** @type {number} */ draws, /** @type {Generator} */ generator) {
  const below = new Float32Array(count - 1); // chance of a size up to each
  for (let size = 1; size < count; size += 1) below[size - 1] = (below[size - 2] ?? 0) + Math.fround(1 / (size * (count - size)));
  const total = below[count - 2];
  const limits = below.map((chance) => chance / total);
  return Array.from({ length: draws }, () => {
    const chance = generator.double();
    const place = limits.findIndex((limit) => limit >= chance);
    return place < 0 ? count - 1 : place + 1;
  });
}

/**
 * Fit Shapley values by weighted least squares, under the constraint that they sum to f(all) - f(none).
 * @param {Coalitions} coalitions @param {ArrayLike<number>} outputs values of f, one for each
 * @param {Float64Array} [weights] of each coalition; all the same by default
 */
export function shapleyRegression(coalitions, outputs, weights) {
  const { left, right, columns } = reduced(coalitions, outputs);
  const products = new Float64Array(columns * columns);
  const sides = new Float64Array(columns);
  left.forEach((row, place) => addProducts(products, sides, row, right[place], weights ? weights[place + 2] : 1));
  mirror(products, columns);
  const solution = times(inverse(products, columns), sides);
  return Float64Array.from([...solution, outputs[0] - outputs[1] - sum(solution)]);
}

/**
 * Return the standard errors of scores that `shapleyRegression` has fitted to drawn coalitions: robust ones (White 1980),
 * each coalition together with its complement, which follows it, as one observation.
 * @param {Coalitions} coalitions @param {ArrayLike<number>} outputs @param {Float64Array} scores
 */
export function standardErrors(coalitions, outputs, scores) {
  const { left, right, columns } = reduced(coalitions, outputs);
  const [products, spread] = [new Float64Array(columns * columns), new Float64Array(columns * columns)];
  const pair = new Float64Array(columns);
  left.forEach((row, place) => {
    let residual = right[place];
    for (let column = 0; column < columns; column += 1) residual -= row[column] * scores[column];
    for (let column = 0; column < columns; column += 1) pair[column] = (place % 2 ? pair[column] : 0) + row[column] * residual;
    addProducts(products, null, row, 0, 1);
    if (place % 2) addProducts(spread, null, pair, 0, 1);
  });
  [products, spread].forEach((matrix) => mirror(matrix, columns));
  const inverted = inverse(products, columns);
  const pairs = left.length / 2;
  const freedom = pairs / Math.max(1, pairs - scores.length);
  // The variances are the diagonal of inverse * spread * inverse, and for the last unit the sum of all of it.
  const variance = (/** @type {Float64Array} */ row) => Math.max(0, freedom * dot(times(spread, row), row));
  const rows = Array.from({ length: columns }, (_, row) => inverted.subarray(row * columns, (row + 1) * columns));
  const all = times(inverted, new Float64Array(columns).fill(1));
  return Float64Array.from([...rows, all], (row) => Math.sqrt(variance(row)));
}

/** Return the regression's two sides, the last unit eliminated by the constraint. */
function reduced(/** @type {Coalitions} */ coalitions, /** @type {ArrayLike<number>} */ outputs) {
  const columns = coalitions[0].length - 1;
  const inner = coalitions.slice(2);
  const left = inner.map((row) => Float64Array.from({ length: columns }, (_, unit) => row[unit] - row[columns]));
  const right = inner.map((row, place) => outputs[place + 2] - outputs[1] - row[columns] * (outputs[0] - outputs[1]));
  return { left, right, columns };
}

/** Add a row's products to the lower triangle of a matrix, and those with a number to a side. */
function addProducts(
  /** @type {Float64Array} */ products,
  /** @type {Float64Array | null} */ sides,
  /** @type {Float64Array} */ row,
  /** @type {number} */ value,
  /** @type {number} */ weight,
) {
  const columns = row.length;
  for (let one = 0; one < columns; one += 1) {
    const share = weight * row[one];
    if (!share) continue;
    if (sides) sides[one] += share * value;
    for (let other = 0; other <= one; other += 1) products[one * columns + other] += share * row[other];
  }
}

/** Fill the upper triangle of a symmetric matrix. @param {Float64Array} matrix @param {number} size */
function mirror(matrix, size) {
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < row; column += 1) matrix[column * size + row] = matrix[row * size + column];
  }
}

/** Return a matrix times a vector. @param {Float64Array} matrix @param {Float64Array} vector */
function times(matrix, vector) {
  return vector.map((_, row) => dot(matrix.subarray(row * vector.length, (row + 1) * vector.length), vector));
}
