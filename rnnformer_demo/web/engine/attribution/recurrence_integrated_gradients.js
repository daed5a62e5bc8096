/** Integrated gradients of the recurrences: their contributions to a class at each step while they are faded in. */

import { InputError } from "../errors.js";
import { rowsOf } from "../subject.js";
import { byUnit } from "./features.js";
import { gapNotices, integrate } from "./integration.js";

/**
 * Integrate while each recurrent block at each step fades from the identity, 0, to itself, 1.
 * @type {import("./registry.js").Compute}
 */
export async function recurrenceIntegratedGradients(subject, { target, report }) {
  const blocks = subject.model.facts.model.architecture.blocks.filter((/** @type {string} */ kind) => kind === "recurrent").length;
  if (!blocks) throw new InputError("This model has no recurrence whose contribution could be shown: choose another method.");
  const tokens = await subject.tokens();
  const [, steps] = tokens.dims;
  const faded = (/** @type {any} */ gates) => subject.run("fading", feedsOf(tokens, gates, target));
  const path = {
    start: { data: new Float32Array(blocks * steps), dims: [1, blocks, steps] },
    end: { data: new Float32Array(blocks * steps).fill(1), dims: [1, blocks, steps] },
    logits: async (/** @type {any} */ gates) => rowsOf((await faded(gates)).logits),
    gradient: async (/** @type {any} */ gates) => joined(await faded(gates), gates.dims),
    lanes: subject.lanes,
  };
  const { scores, gap } = await integrate(path, target, report);
  const ofSteps = new Float64Array(steps);
  scores.forEach((score, at) => (ofSteps[at % steps] += score));
  return { scores: byUnit(ofSteps, subject.sample), gap, warnings: gapNotices(gap) };
}

/** Return the inputs of the program "fading" for rows of gates (R, blocks, T); the tokens are the same in each. */
function feedsOf(
  /** @type {import("../programs.js").Values} */ { data, dims: [, steps, width] },
  /** @type {import("../programs.js").Values} */ { data: gates, dims: [rows, blocks] },
  /** @type {number} */ target,
) {
  const tokens = new Float32Array(rows * data.length);
  for (let row = 0; row < rows; row += 1) tokens.set(data, row * data.length);
  /** @type {Record<string, import("../programs.js").Values>} */
  const feeds = { tokens: { data: tokens, dims: [rows, steps, width] }, target: { data: BigInt64Array.of(BigInt(target)), dims: [1] } };
  for (let block = 0; block < blocks; block += 1) {
    const own = new Float32Array(rows * steps);
    for (let row = 0; row < rows; row += 1) {
      const start = (row * blocks + block) * steps;
      own.set(gates.subarray(start, start + steps), row * steps);
    }
    feeds[`gate ${block + 1}`] = { data: own, dims: [rows, steps] };
  }
  return feeds;
}

/** Return the gradients by the gates of all blocks as one, (R, blocks, T). */
function joined(/** @type {Record<string, any>} */ outputs, /** @type {readonly number[]} */ [rows, blocks, steps]) {
  const all = new Float32Array(rows * blocks * steps);
  for (let block = 0; block < blocks; block += 1) {
    const { data } = outputs[`gradient of gate ${block + 1}`];
    for (let row = 0; row < rows; row += 1) all.set(data.subarray(row * steps, (row + 1) * steps), (row * blocks + block) * steps);
  }
  return all;
}
