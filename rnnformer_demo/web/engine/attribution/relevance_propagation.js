/** Layer-wise relevance propagation (Bach et al. 2015) to words and cells of the CNN's grid, see `graphs/rules.py`. */

import { sum } from "../numbers.js";
import { byStep, byUnit, times } from "./features.js";

/**
 * Run one pass forward and one backward through the network that the rule takes for linear.
 * @type {import("./registry.js").Compute}
 */
export async function relevancePropagation(subject, { target, report, options: { rule } }) {
  const tokens = await subject.tokens();
  const { gradient, logits } = await subject.gradient(tokens, target, rule, ["gradient", "logits"]);
  report(1);
  const steps = byStep(times(gradient.data, tokens.data), tokens.dims[1]);
  return { scores: byUnit(steps, subject.sample), biasRelevance: logits.data[target] - sum(steps) };
}
