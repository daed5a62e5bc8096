/** Direct logit attribution: the share of each step in the logit, through the pooling. */

import { sum } from "../numbers.js";
import { byUnit } from "./features.js";
import { gapNotices, relativeGap } from "./integration.js";

/**
 * Run one pass forward. The scores add up to the logit itself, not to its difference from that of a baseline.
 * @type {import("./registry.js").Compute}
 */
export async function directLogitAttribution(subject, { target, report }) {
  const { contributions, logits } = await subject.inside();
  if (!contributions) {
    throw new Error("head_layers must be () for contributions to logits, got a head with hidden layers");
  }
  const [, steps, classes] = contributions.dims;
  const shares = Float64Array.from({ length: steps }, (_, step) => contributions.data[step * classes + target]);
  report(1);
  const gap = relativeGap(sum(shares), logits.data[target]);
  return { scores: byUnit(shares, subject.sample), gap, warnings: gapNotices(gap) };
}
