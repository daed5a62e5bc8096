/** Gradient x input (Shrikumar et al. 2016): the logit's first-order change when a token's vector goes to zero. */

import { byStep, byUnit, times } from "./features.js";

/** Run one pass forward and one backward above the tokens. @type {import("./registry.js").Compute} */
export async function gradientXInput(subject, { target, report }) {
  const tokens = await subject.tokens();
  const { gradient } = await subject.gradient(tokens, target);
  report(1);
  return { scores: byUnit(byStep(times(gradient.data, tokens.data), tokens.dims[1]), subject.sample) };
}
