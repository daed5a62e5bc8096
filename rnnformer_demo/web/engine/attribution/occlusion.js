/** Occlusion (Zeiler & Fergus 2014): the fall of the logit when a word or a patch is replaced by the baseline. */

import { eachAlone, perturbedLogits, without } from "../perturb.js";
import { TO_BASELINE } from "../perturbations.js";
import { countedRows } from "./progress.js";

/** Run one forward pass for each word or patch, in batches. @type {import("./registry.js").Compute} */
export async function occlusion(subject, { target, report }) {
  const count = countedRows(subject.units + 1, report);
  const baseline = TO_BASELINE[subject.layout];
  const rows = [[without(subject.units, [])], eachAlone(subject.units)];
  const [[whole], each] = await Promise.all(rows.map((removed) => perturbedLogits(subject, removed, baseline, count)));
  return { scores: each.map((logits) => whole[target] - logits[target]) };
}
