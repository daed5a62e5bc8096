/** The sections "attention" and "jacobian": what the attention weights, and through the recurrence. */

import { attentionOf, rolledOut } from "../attention_flow.js";
import { inFull, inHalf, inLevels } from "../encode.js";
import { fixed, rounded } from "../format.js";
import { jackknifeErrors, normsOf, replicatesOf, tokenJacobian } from "../jacobian.js";
import { Subject } from "../subject.js";

const FINE = 64; // steps up to which weights take 16 bits: of more a document would grow too large
const HIGH_CONICITY = 0.8;

/** @typedef {import("../context.js").Context} Context */

/** Return the attention weights of the forward pass. @param {Context} context */
export async function attentionSection(context) {
  const flow = attentionOf(context.model, await context.outputs());
  const steps = flow.pooling.length;
  const conicity = await conicityOf(context);
  return {
    layers: Object.fromEntries(flow.layers.map(({ name, weights, heads }) => [name, weightsIn(weights, [heads, steps, steps])])),
    pooling: inFull(flow.pooling, [steps]),
    pooled_rollout: inFull(rolledOut(flow), [steps]),
    conicity,
    warning:
      conicity <= HIGH_CONICITY
        ? null
        : `The states under the attention point much the same way (conicity ${fixed(conicity, 2)}): which of them is attended to ` +
          "says little about what counted.",
  };
}

/** Return how much each attended state depends on each token, estimated with random probes. @param {Context} context */
export async function jacobianSection(context) {
  const jacobian = await tokenJacobian(new Subject(context), { seed: context.seed, report: context.report });
  const norms = normsOf(jacobian);
  const errors = jackknifeErrors(replicatesOf(jacobian));
  const size = (/** @type {ArrayLike<number>} */ values) => Array.from(values).reduce((total, value) => total + value * value, 0);
  const error = size(norms) ? Math.sqrt(size(errors) / size(norms)) : 0;
  return { norms: weightsIn(norms, [jacobian.steps, jacobian.steps]), seed: context.seed, relative_error: rounded(error, 4) };
}

/** Encode weights of 0 or more. @param {ArrayLike<number>} values @param {number[]} shape */
function weightsIn(values, shape) {
  return shape[shape.length - 1] <= FINE ? inHalf(values, shape) : inLevels(values, shape, 0);
}

/** Return the mean cosine of the states under the attention with their mean. @param {Context} context */
async function conicityOf(context) {
  const { states } = await context.model.programs.run("below_attention", { tokens: await context.tokens() });
  const [, steps, width] = states.dims;
  const mean = new Float64Array(width);
  for (let place = 0; place < states.data.length; place += 1) mean[place % width] += states.data[place] / steps;
  const length = Math.hypot(...mean);
  let total = 0;
  for (let step = 0; step < steps; step += 1) {
    const state = states.data.subarray(step * width, (step + 1) * width);
    const product = mean.reduce((sum, value, unit) => sum + value * state[unit], 0);
    total += product / Math.max(1e-8, length * Math.hypot(...state));
  }
  return total / steps;
}
