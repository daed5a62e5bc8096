/** Shapley values by random orders in antithetic pairs (Castro et al. 2009; Mitchell et al. 2022). */

import { deviation, largest, mean, sum } from "../numbers.js";
import { perturbedLogits, without } from "../perturb.js";
import { TO_BASELINE } from "../perturbations.js";
import { Generator } from "../random.js";
import { budget, ERROR, errorNotices, stages } from "./coalitions.js";
import { gapNotices, relativeGap } from "./integration.js";
import { countedRows } from "./progress.js";

const FEWEST_PAIRS = 4; // of fewer the standard error itself would be too uncertain to stop by
const PAIRS_PER_PASS = 4;

/**
 * Walk random orders and their reverses until the standard error is small enough, or a budget is spent. Along each order
 * the falls add up to f(all) - f(none), and therefore so do the scores.
 * @type {import("./registry.js").Compute}
 */
export async function permutationShapley(subject, { target, report, seed }) {
  const { units } = subject;
  const [first, most] = budget(subject).map((rows) => Math.max(FEWEST_PAIRS, Math.floor(rows / (2 * Math.max(1, units - 1)))));
  const count = countedRows(2 + most * 2 * (units - 1), report);
  const logitsOf = async (/** @type {Uint8Array[]} */ removed) =>
    (await perturbedLogits(subject, removed, TO_BASELINE[subject.layout], count)).map((logits) => logits[target]);
  const ends = await logitsOf([without(units, []), new Uint8Array(units).fill(1)]);
  const generator = new Generator(seed);
  /** @type {Float64Array[]} */
  const falls = []; // of each pair
  /** @type {number[]} */
  let scores = [];
  /** @type {number | null} */
  let error = null;
  for (const stage of units > 1 ? stages(first, most) : [1]) {
    while (falls.length < stage) {
      const pairs = Math.min(PAIRS_PER_PASS, stage - falls.length);
      const orders = Array.from({ length: pairs }, () => generator.randperm(units));
      falls.push(...(await fallsAlong(orders, logitsOf, ends)));
    }
    const each = Array.from({ length: units }, (_, unit) => falls.map((fall) => fall[unit]));
    scores = each.map(mean);
    if (units < 2) break;
    error = Math.max(...each.map(deviation)) / Math.sqrt(falls.length) / (largest(scores) || 1);
    if (error <= ERROR) break;
  }
  report(1);
  const gap = relativeGap(sum(scores), ends[0] - ends[1]);
  return { scores, gap, warnings: [...gapNotices(gap), ...errorNotices(2 * falls.length, "orders", error)] };
}

/**
 * Return the mean fall of the logit when each unit goes, along each order and its reverse.
 * @param {Int32Array[]} orders @param {(removed: Uint8Array[]) => Promise<number[]>} logitsOf
 * @param {number[]} ends logits with all units and with none
 */
async function fallsAlong(orders, logitsOf, [whole, none]) {
  const both = orders.flatMap((order) => [order, order.toReversed()]);
  const rows = both.flatMap((order) => Array.from(order.subarray(1), (_, last) => without(order.length, order.subarray(0, last + 1))));
  const inner = await logitsOf(rows);
  return orders.map((order, pair) => {
    const falls = new Float64Array(order.length);
    for (const way of [2 * pair, 2 * pair + 1]) {
      const between = inner.slice(way * (order.length - 1), (way + 1) * (order.length - 1));
      const along = [whole, ...between, none];
      both[way].forEach((unit, turn) => (falls[unit] += (along[turn] - along[turn + 1]) / 2));
    }
    return falls;
  });
}
