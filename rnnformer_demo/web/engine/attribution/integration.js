/** Integration of a gradient along a straight path until the completeness gap is small, see `integration.py`. */

import { percent } from "../format.js";
import { sideBySide } from "../lanes.js";
import { sum } from "../numbers.js";
import { countedRows } from "./progress.js";

const GAP_WANTED = 0.01;
const STEPS = [24, 48, 192]; // raised until the completeness gap is small enough
const ROWS_PER_PASS = 16;

/**
 * @typedef {import("../programs.js").Values} Values
 * @typedef {object} Path a straight one
 * @property {Values} start with a batch of 1 @property {Values} end of the same shape
 * @property {(values: Values) => Promise<Float32Array[]>} logits of rows of values
 * @property {(values: Values) => Promise<Float32Array>} gradient of the class's logit by rows of values
 * @property {number} lanes gradients that are computed at once
 */

/**
 * Compute integrated gradients (Sundararajan et al. 2017).
 * @param {Path} path @param {number} target index of the class @param {(share: number) => void} report
 * @returns {Promise<{scores: Float64Array, gap: number | null}>} of the shape of the path's ends; the gap is null where both
 *   score the same
 */
export async function integrate(path, target, report) {
  const [[end], [start]] = await Promise.all([path.logits(path.end), path.logits(path.start)]);
  const difference = end[target] - start[target];
  const count = countedRows(sum(STEPS), report);
  let scores = new Float64Array(0);
  /** @type {number | null} */
  let gap = null;
  for (const steps of STEPS) {
    scores = await along(path, steps, count);
    gap = relativeGap(sum(scores), difference);
    if (gap === null || gap <= GAP_WANTED) break;
  }
  report(1);
  return { scores, gap };
}

/** Return the scores by so many points of a path. @param {Path} path @param {number} steps @param {(rows: number) => void} count */
async function along(path, steps, count) {
  const { data: end, dims } = path.end;
  const start = path.start.data;
  const points = legendre(steps);
  const size = Math.min(ROWS_PER_PASS, Math.ceil(steps / path.lanes));
  const parts = Array.from({ length: Math.ceil(steps / size) }, (_, part) => points.slice(part * size, (part + 1) * size));
  const gradients = await sideBySide(parts, path.lanes + 1, async (chosen) => {
    const rows = new Float32Array(chosen.length * end.length);
    chosen.forEach(({ place }, row) => {
      for (let at = 0; at < end.length; at += 1) rows[row * end.length + at] = start[at] + place * (end[at] - start[at]);
    });
    const gradient = await path.gradient({ data: rows, dims: [chosen.length, ...dims.slice(1)] });
    count(chosen.length);
    return gradient;
  });
  const total = new Float64Array(end.length);
  points.forEach(({ weight }, point) => {
    const gradient = gradients[Math.floor(point / size)].subarray((point % size) * end.length);
    for (let at = 0; at < end.length; at += 1) total[at] += weight * gradient[at];
  });
  return total.map((slope, at) => slope * (end[at] - start[at]));
}

/**
 * Return places in 0-1 and weights, which sum to 1, of the Gauss-Legendre rule.
 * @param {number} count @returns {{place: number, weight: number}[]}
 */
export function legendre(count) {
  return Array.from({ length: count }, (_, index) => {
    let x = Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    let slope = 0;
    for (let round = 0; round < 100; round += 1) {
      let [before, value] = [1, x];
      for (let degree = 2; degree <= count; degree += 1) [before, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree];
      slope = (count * (x * value - before)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    return { place: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}

/** Return the completeness gap |total - difference| / |difference|; null for a difference of 0. @param {number} total @param {number} difference */
export function relativeGap(total, difference) {
  return difference ? Math.abs(total - difference) / Math.abs(difference) : null;
}

/** Return sentences for the reader of scores with such a completeness gap. @param {number | null} gap */
export function gapNotices(gap) {
  if (gap === null) return ["This input scores exactly as one without evidence does: there is no difference to share out."];
  return gap > GAP_WANTED ? [`The scores miss the change of the logit by ${percent(gap, 1)}: read them with care.`] : [];
}
