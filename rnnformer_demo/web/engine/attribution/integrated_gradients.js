/** Integrated gradients (Sundararajan et al. 2017) over words, or over cells of the CNN's grid. */

import { baselineTokens, byStep, byUnit } from "./features.js";
import { gapNotices, integrate } from "./integration.js";

/** Integrate over words, or over the cells of the CNN's grid: the CNN itself runs once. @type {import("./registry.js").Compute} */
export async function integratedGradients(subject, { target, report, options: { baseline } }) {
  const tokens = await subject.tokens();
  const path = {
    start: await baselineTokens(subject, baseline),
    end: tokens,
    logits: (/** @type {any} */ rows) => subject.tokenLogits(rows),
    gradient: async (/** @type {any} */ rows) => (await subject.gradient(rows, target)).gradient.data,
    lanes: subject.lanes,
  };
  const { scores, gap } = await integrate(path, target, report);
  return { scores: byUnit(byStep(scores, tokens.dims[1]), subject.sample), gap, warnings: gapNotices(gap) };
}
