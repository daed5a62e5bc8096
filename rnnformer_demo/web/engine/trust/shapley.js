/** Shapley values from the random orders of a trust card: what was run to rank an explanation is a sample of them. */

import { shapleyRegression, standardErrors } from "../attribution/coalitions.js";
import { rounded } from "../format.js";
import { rankCorrelation } from "./agreement.js";

const PAIRS_PER_UNIT = 3; // pairs of complementary coalitions: of fewer the errors would be too large to tell

/**
 * Estimate each unit's Shapley value in the probability of the explained class, without running anything, see `shapley.py`.
 * @param {import("./faithfulness.js").PerturbationCurves} curves along which as many orders were run
 * @param {number} pairs of random orders @param {ArrayLike<number>} scores of the explanation that the card is about
 * @returns {Promise<{scores: number[], standard_errors: number[], coalitions: number, correlation: number | null} | null>} null where the
 *   orders are too few for so many units
 */
export async function shapleyOfOrders(curves, pairs, scores) {
  const { coalitions, shares } = await curves.coalitions(pairs);
  if ((coalitions.length - 2) / 2 < Math.max(2, PAIRS_PER_UNIT * curves.count)) return null;
  const values = shapleyRegression(coalitions, shares);
  const errors = standardErrors(coalitions, shares, values);
  return {
    scores: Array.from(values, (value) => rounded(value, 5)),
    standard_errors: Array.from(errors, (error) => rounded(error, 5)),
    coalitions: coalitions.length,
    correlation: rankCorrelation(scores, values),
  };
}
