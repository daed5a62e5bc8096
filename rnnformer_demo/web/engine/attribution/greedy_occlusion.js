/** Greedy occlusion: the words or patches go one after the other, and do not come back. */

import { argsort, roundEven, sum } from "../numbers.js";
import { perturbedLogits, without } from "../perturb.js";
import { PERTURBATIONS } from "../perturbations.js";
import { countedRows } from "./progress.js";

// Units that go at once, and up to where they are chosen in turn; the others follow by their last falls.
const AT_ONCE = 0.12;
const UP_TO = 0.5;

/**
 * Eliminate units greedily by the log-probability of the target: it seeks the removal order by which Samek et al. 2017
 * judge heat maps. Words are deleted, patches painted in the photo's mean colour.
 * @type {import("./registry.js").Compute}
 */
export async function greedyOcclusion(subject, { target, report }) {
  const { units, layout } = subject;
  const perturbation = /** @type {string} */ (Object.keys(PERTURBATIONS[layout]).at(-1));
  const sizes = schedule(units);
  const count = countedRows(
    sizes.reduce((total, _, turn) => total + sum(sizes.slice(turn)), 0),
    report,
  );
  const scores = new Float64Array(units);
  /** @type {number[]} */
  const gone = [];
  for (const size of sizes) {
    const rest = [...scores.keys()].filter((unit) => !gone.includes(unit));
    const rows = rest.map((unit) => without(units, [...gone, unit]));
    const logits = await perturbedLogits(subject, rows, perturbation, count);
    const order = argsort(logits.map((row) => Math.fround(logLikelihood(row, target))));
    gone.push(...Array.from(order.subarray(0, size), (place) => rest[place]));
  }
  gone.forEach((unit, turn) => (scores[unit] = (units - turn) / units));
  report(1);
  return { scores };
}

/** Return the numbers of units that go in each turn: the same until half have gone, then all the others. @param {number} count */
function schedule(count) {
  const atOnce = Math.max(1, roundEven(AT_ONCE * count));
  const turns = Math.ceil((UP_TO * count) / atOnce);
  return [...new Array(turns).fill(atOnce), count - atOnce * turns].filter((size) => size);
}

/** Return the log-probability of a class. @param {Float32Array} logits @param {number} target */
function logLikelihood(logits, target) {
  const most = Math.max(...logits);
  return logits[target] - most - Math.log(logits.reduce((total, logit) => total + Math.exp(logit - most), 0));
}
