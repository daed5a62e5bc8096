/** Integrated gradients (Sundararajan et al. 2017) over words, or over cells of the CNN's grid. */

import { baselineTokens, byStep, byUnit } from "./features.js";
import { gapNotices, integrate } from "./integration.js";

/** Integrate over words, or over the cells of the CNN's grid: the CNN itself runs once. @type {import("./registry.js").Compute} */
export async function integratedGradients(subject, { target, report, options: { baseline } }) {
  const tokens = await subject.tokens();
  const { scores, gap } = await integrate(subject, tokens, await baselineTokens(subject, baseline), target, report);
  return { scores: byUnit(byStep(scores, tokens.dims[1]), subject.sample), gap, warnings: gapNotices(gap) };
}
