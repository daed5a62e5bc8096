/** KernelSHAP (Lundberg & Lee 2017): Shapley values of words or patches, by a weighted regression over coalitions. */

import { largest, sum } from "../numbers.js";
import { perturbedLogits } from "../perturb.js";
import { TO_BASELINE } from "../perturbations.js";
import { budget, drawCoalitions, ERROR, errorNotices, shapleyRegression, stages, standardErrors } from "./coalitions.js";
import { gapNotices, relativeGap } from "./integration.js";
import { countedRows } from "./progress.js";

/** Run one forward pass for each coalition, in batches; of photos through the CNN. @type {import("./registry.js").Compute} */
export async function kernelShap(subject, { target, report, seed }) {
  const [first, most] = budget(subject);
  const { coalitions, weights } = drawCoalitions(subject.units, most, seed);
  const drawn = coalitions.length < 2 ** subject.units;
  const count = countedRows(coalitions.length, report);
  /** @type {number[]} */
  const logits = [];
  let scores = new Float64Array(0);
  /** @type {number | null} */
  let error = null;
  for (const stage of drawn ? stages(first, coalitions.length - 2).map((inner) => 2 + inner) : [coalitions.length]) {
    const removed = coalitions.slice(logits.length, stage).map((row) => row.map((stays) => 1 - stays));
    const found = await perturbedLogits(subject, removed, TO_BASELINE[subject.layout], count);
    logits.push(...found.map((each) => each[target]));
    const chosen = coalitions.slice(0, stage);
    scores = shapleyRegression(chosen, logits, weights);
    if (!drawn) break;
    error = largest(standardErrors(chosen, logits, scores)) / (largest(scores) || 1);
    if (error <= ERROR) break;
  }
  report(1);
  const gap = relativeGap(sum(scores), logits[0] - logits[1]);
  return { scores, gap, warnings: [...gapNotices(gap), ...errorNotices(logits.length, "coalitions", error)] };
}
