/** Attention internals through the layers and towards a class, see `interpret/attention_flow.py`. */

import { normalised } from "./numbers.js";

/**
 * @typedef {object} Flow
 * @property {{name: string, weights: Float32Array, heads: number}[]} layers from the input to the output, (H, T, T) each
 * @property {Float32Array} pooling (T)
 */

/**
 * Return the attention among the outputs of a pass.
 * @param {import("./model.js").LocalModel} model @param {Record<string, any>} outputs @returns {Flow}
 */
export function attentionOf(model, outputs) {
  /** @type {{kind: string, name: string}[]} */
  const points = model.facts.hook_points.filter(({ kind }) => kind === "attention");
  const layers = points.map(({ name }) => ({ name, weights: outputs[name].data, heads: outputs[name].dims[1] }));
  return { layers, pooling: outputs.pooling.data };
}

/**
 * Return the pooling's weights, rolled out (Abnar & Zuidema 2020): the share of each first state in the decision, (T).
 * The mean over heads is mixed half and half with the residual around each layer.
 * @param {Flow} flow
 */
export function rolledOut({ layers, pooling }) {
  let shares = Float64Array.from(pooling);
  for (const { weights, heads } of layers.toReversed()) shares = halfThrough(shares, meanOverHeads(weights, heads));
  return shares;
}

/**
 * Return gradient x attention for a class (after Chefer et al. 2021), (T): weights times their gradient, negative ones
 * dropped, mean over heads, propagated through the layers; what the gradients of a row have in common does not count.
 * @param {Flow} flow @param {Record<string, {data: Float32Array}>} slopes under "gradient of " and the name
 * @param {Float64Array | null} evidence slopes by the pooling's weights where no gradient reaches them
 */
export function raisedAttention({ layers, pooling }, slopes, evidence) {
  const steps = pooling.length;
  const ofPooling = slopes["gradient of pooling"]?.data ?? evidence;
  let shares = normalised(raising(pooling, ofPooling, steps), pooling);
  for (const { name, weights, heads } of layers.toReversed()) {
    const slope = slopes[`gradient of ${name}`];
    const rows = meanOverHeads(raising(weights, slope.data, steps), heads);
    for (let row = 0; row < steps; row += 1) {
      const own = rows.subarray(row * steps, (row + 1) * steps);
      const itself = new Float64Array(steps);
      itself[row] = 1;
      own.set(normalised(own, itself));
    }
    shares = halfThrough(shares, rows);
  }
  return shares;
}

/** Return the positive part of the slope of the logit over each score before the softmax, rows of so many. */
function raising(/** @type {ArrayLike<number>} */ weights, /** @type {ArrayLike<number>} */ slopes, /** @type {number} */ width) {
  const raised = new Float64Array(weights.length);
  for (let start = 0; start < weights.length; start += width) {
    let common = 0;
    for (let place = start; place < start + width; place += 1) common += weights[place] * slopes[place];
    for (let place = start; place < start + width; place += 1) raised[place] = Math.max(0, weights[place] * (slopes[place] - common));
  }
  return raised;
}

/** Return the mean (T, T) of weights (H, T, T). @param {ArrayLike<number>} weights @param {number} heads */
function meanOverHeads(weights, heads) {
  const size = weights.length / heads;
  const mean = new Float64Array(size);
  for (let place = 0; place < weights.length; place += 1) mean[place % size] += weights[place] / heads;
  return mean;
}

/** Return shares (T) of states, half of them handed down through a layer (T, T). @param {Float64Array} shares @param {Float64Array} layer */
function halfThrough(shares, layer) {
  const steps = shares.length;
  const passed = shares.map((share) => share / 2);
  for (let row = 0; row < steps; row += 1) {
    for (let column = 0; column < steps; column += 1) passed[column] += (shares[row] / 2) * layer[row * steps + column];
  }
  return passed;
}
