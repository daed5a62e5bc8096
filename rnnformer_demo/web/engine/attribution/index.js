/** The section "attribution" of the document: scores of one method for one class. */

import { Subject } from "../subject.js";
import { compute } from "./compute.js";
import { traitsOf } from "./registry.js";

/**
 * Return the section.
 * @param {import("../context.js").Context} context
 * @param {{method: string, target: number, options?: Record<string, string>, seed?: number}} request target is the index of a class
 * @throws {InputError} see `compute`
 */
export async function explain(context, { method, target, options = {}, seed = context.seed }) {
  const found = await compute(new Subject(context), { method, target, options, seed, report: context.report });
  const { name, title, about, scale, signed } = /** @type {import("./registry.js").Traits} */ (traitsOf(context.model, found.method));
  return {
    method: name,
    title,
    help: about,
    scale,
    signed,
    target: context.model.labels[target],
    scores: found.scores,
    grid: context.sample.grid,
    completeness_gap: found.gap,
    seed: found.seed,
    options,
    warnings: found.warnings,
    bias_relevance: found.biasRelevance,
  };
}
