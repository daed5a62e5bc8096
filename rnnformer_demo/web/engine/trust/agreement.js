/** Agreement with other methods: rank correlation of the scores, see `agreement.py`. */

import { compute } from "../attribution/compute.js";
import { sideBySide } from "../lanes.js";
import { argsort, dot, mean } from "../numbers.js";
import { MAX_LEAVE_ONE_OUT } from "./faithfulness.js";

/** The methods that an explanation is compared with: each looks at the model in another way, and none takes long. */
const OTHERS = ["integrated-gradients", "direct-logit-attribution", "occlusion", "gradient-x-input", "grad-cam", "attention-rollout"];

/**
 * Return Spearman's rank correlation, -1 to 1; equal values share the mean of their ranks. Null where either is constant.
 * @param {ArrayLike<number>} a @param {ArrayLike<number>} b
 */
export function rankCorrelation(a, b) {
  const [one, other] = [a, b].map((values) => centred(ranks(values)));
  const sizes = dot(one, one) * dot(other, other);
  return sizes > 0 ? Math.max(-1, Math.min(1, dot(one, other) / Math.sqrt(sizes))) : null;
}

/** @param {ArrayLike<number>} values */
function ranks(values) {
  const order = argsort(values);
  const found = new Float64Array(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && values[order[end]] === values[order[start]]) end += 1;
    for (let place = start; place < end; place += 1) found[order[place]] = (start + end + 1) / 2;
  }
  return found;
}

/** @param {Float64Array} values */
function centred(values) {
  const centre = mean(values);
  return values.map((value) => value - centre);
}

/**
 * Return whether a method takes seconds: on a grid, or on many words, each a run of the whole model.
 * @param {import("../attribution/registry.js").Traits} traits @param {import("../subject.js").Subject} subject
 */
export function takesSeconds(traits, subject) {
  return traits.slow_on_grid && (subject.layout === "grid" || subject.units > MAX_LEAVE_ONE_OUT);
}

/**
 * Return the methods that another one is compared with on an input, and those that would take seconds on it.
 * @param {import("../subject.js").Subject} subject @param {string} method
 */
export function others(subject, method) {
  /** @type {import("../attribution/registry.js").Traits[]} */
  const methods = subject.model.facts.methods;
  const fitting = OTHERS.flatMap((name) => methods.filter((each) => each.name === name && name !== method));
  const slow = fitting.filter((traits) => takesSeconds(traits, subject)).map(({ name }) => name);
  return { quick: fitting.map(({ name }) => name).filter((name) => !slow.includes(name)), slow };
}

/**
 * Return the rank correlation of an explanation with each other method that fits the input and takes no seconds; one
 * whose scores are all equal has no ranks and is left out.
 * @param {import("../subject.js").Subject} subject
 * @param {{method: string, target: number, scores: number[]}} explanation @param {number} seed
 */
export async function agreement(subject, { method, target, scores }, seed) {
  const found = await sideBySide(others(subject, method).quick, subject.lanes, async (name) => {
    const other = await compute(subject, { method: name, target, seed });
    return { name, correlation: rankCorrelation(scores, other.scores) };
  });
  return Object.fromEntries(found.flatMap(({ name, correlation }) => (correlation === null ? [] : [[name, correlation]])));
}
