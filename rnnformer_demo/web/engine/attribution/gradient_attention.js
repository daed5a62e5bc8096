/** Gradient x attention (after Chefer et al. 2021). */

import { attentionOf, raisedAttention } from "../attention_flow.js";
import { byUnit } from "./features.js";

/** Run one pass forward and one backward. @type {import("./registry.js").Compute} */
export async function gradientAttention(subject, { target, report }) {
  const inside = await subject.inside();
  const slopes = await subject.gradient(await subject.tokens(), target, "gradient", null);
  const shares = raisedAttention(attentionOf(subject.model, inside), slopes, evidenceOf(inside, target));
  report(1);
  return { scores: byUnit(shares, subject.sample) };
}

/** Return the logit's slope by the weights of a pooling that no gradient reaches, but for what all have in common. */
function evidenceOf(/** @type {Record<string, any>} */ { contributions, pooling }, /** @type {number} */ target) {
  if (!contributions) return null;
  const classes = contributions.dims[2];
  return Float64Array.from(pooling.data, (weight, step) => contributions.data[step * classes + target] / weight);
}
