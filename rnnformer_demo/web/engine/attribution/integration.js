/** Integration of a gradient along a straight path until the completeness gap is small, see `integration.py`. */

import { percent } from "../format.js";
import { sum } from "../numbers.js";
import { countedRows } from "./progress.js";

const GAP_WANTED = 0.01;
const STEPS = [24, 48, 192]; // raised until the completeness gap is small enough
const ROWS_PER_PASS = 16;

/**
 * Compute integrated gradients (Sundararajan et al. 2017) by tokens.
 * @param {import("../subject.js").Subject} subject
 * @param {import("../programs.js").Values} tokens the end of the path, (1, T, W) @param {import("../programs.js").Values} baseline its beginning
 * @param {number} target index of the class @param {(share: number) => void} report
 * @returns {Promise<{scores: Float64Array, gap: number | null}>} scores (T * W); the gap is null where both ends score the same
 */
export async function integrate(subject, tokens, baseline, target, report) {
  const [[end], [start]] = [await subject.tokenLogits(tokens), await subject.tokenLogits(baseline)];
  const difference = end[target] - start[target];
  const count = countedRows(sum(STEPS), report);
  let scores = new Float64Array(0);
  let gap = null;
  for (const steps of STEPS) {
    scores = await along(subject, tokens, baseline, target, steps, count);
    gap = relativeGap(sum(scores), difference);
    if (gap === null || gap <= GAP_WANTED) break;
  }
  report(1);
  return { scores, gap };
}

/** Return the scores by so many points of the path. */
async function along(
  /** @type {import("../subject.js").Subject} */ subject,
  /** @type {import("../programs.js").Values} */ { data: end, dims },
  /** @type {import("../programs.js").Values} */ { data: start },
  /** @type {number} */ target,
  /** @type {number} */ steps,
  /** @type {(rows: number) => void} */ count,
) {
  const points = legendre(steps);
  const total = new Float64Array(end.length);
  for (let first = 0; first < steps; first += ROWS_PER_PASS) {
    const chosen = points.slice(first, first + ROWS_PER_PASS);
    const rows = new Float32Array(chosen.length * end.length);
    chosen.forEach(({ place }, row) => {
      for (let at = 0; at < end.length; at += 1) rows[row * end.length + at] = start[at] + place * (end[at] - start[at]);
    });
    const { gradient } = await subject.gradient({ data: rows, dims: [chosen.length, ...dims.slice(1)] }, target);
    chosen.forEach(({ weight }, row) => {
      for (let at = 0; at < end.length; at += 1) total[at] += weight * gradient.data[row * end.length + at];
    });
    count(chosen.length);
  }
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
