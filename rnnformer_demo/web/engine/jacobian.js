/** The dependence of the attended states on tokens, estimated by small moves, see `interpret/jacobian.py`. */

import { sideBySide } from "./lanes.js";
import { deviation, normalised } from "./numbers.js";
import { Generator } from "./random.js";

const PROBES = 4; // random vectors for each token
const FEWEST_PROBES = 2; // of long inputs: of one alone the error could not be told
const DIFFERENCE = 0.01; // move of a token, in standard deviations
const TOKENS_PER_PASS = 4096; // rows times steps that are run at once

/**
 * @typedef {object} Jacobian
 * @property {number} steps T
 * @property {Float64Array[]} squares of each probe, (T, T): row t is the attended step, column s the token that it depends on
 */

/**
 * Estimate the squared norms |d x_t / d e_s|^2 of the attended state at each step by each token (Hutchinson 1990).
 * @param {import("./subject.js").Subject} subject
 * @param {{seed?: number, report?: (share: number) => void}} [options]
 * @returns {Promise<Jacobian>}
 */
export async function tokenJacobian(subject, { seed = 0, report = () => {} } = {}) {
  const tokens = await subject.tokens();
  const [, steps, width] = tokens.dims;
  const probes = Math.max(FEWEST_PROBES, Math.min(PROBES, Math.floor((PROBES * 128) / steps)));
  const signs = new Generator(seed).randint(0, 2, probes * steps * width);
  const size = Math.fround(DIFFERENCE * Math.fround(deviation(tokens.data)));
  const { states } = await subject.run("below_attention", { tokens });
  const squares = Array.from({ length: probes }, () => new Float64Array(steps * steps));
  const { lanes } = subject;
  const perPass = Math.max(1, Math.min(Math.floor(TOKENS_PER_PASS / steps), Math.ceil((probes * steps) / lanes)));
  const firsts = Array.from({ length: Math.ceil((probes * steps) / perPass) }, (_, pass) => pass * perPass);
  let done = 0;
  await sideBySide(firsts, lanes + 1, async (first) => {
    const rows = Math.min(perPass, probes * steps - first);
    const moved = await subject.run("below_attention", { tokens: movedTokens(tokens, signs, size, first, rows) });
    for (let row = 0; row < rows; row += 1) {
      const probe = Math.floor((first + row) / steps);
      writeSquares(moved.states.data, states.data, row, size, steps, (first + row) % steps, squares[probe]);
    }
    done += rows;
    report(done / (probes * steps));
  });
  return { steps, squares };
}

/** Return a batch in whose rows one token each has moved. */
function movedTokens(
  /** @type {import("./programs.js").Values} */ { data, dims: [, steps, width] },
  /** @type {Int32Array} */ signs,
  /** @type {number} */ size,
  /** @type {number} */ first,
  /** @type {number} */ rows,
) {
  const batch = new Float32Array(rows * data.length);
  for (let row = 0; row < rows; row += 1) {
    batch.set(data, row * data.length);
    const token = row * data.length + ((first + row) % steps) * width;
    for (let unit = 0; unit < width; unit += 1) batch[token + unit] += size * (2 * signs[(first + row) * width + unit] - 1);
  }
  return { data: batch, dims: [rows, steps, width] };
}

/** Write the squared change of each state of a row into a column. */
function writeSquares(
  /** @type {Float32Array} */ moved,
  /** @type {Float32Array} */ states,
  /** @type {number} */ row,
  /** @type {number} */ size,
  /** @type {number} */ steps,
  /** @type {number} */ column,
  /** @type {Float64Array} */ squares,
) {
  const width = states.length / steps;
  for (let step = 0; step < steps; step += 1) {
    let total = 0;
    for (let unit = step * width; unit < (step + 1) * width; unit += 1) total += ((moved[row * states.length + unit] - states[unit]) / size) ** 2;
    squares[step * steps + column] = total;
  }
}

/** Return the norms (T, T) by all probes. @param {Jacobian} jacobian */
export function normsOf({ squares }) {
  return squares[0].map((_, place) => Math.sqrt(squares.reduce((total, probe) => total + probe[place], 0) / squares.length));
}

/** Return the norms (T, T) as all probes but one would have them, one for each probe. @param {Jacobian} jacobian */
export function replicatesOf({ squares }) {
  const others = squares.length - 1;
  return squares.map((own) =>
    own.map((square, place) => Math.sqrt(Math.max(0, squares.reduce((total, probe) => total + probe[place], 0) - square) / others)),
  );
}

/** Return the standard errors of an estimate from its values without one observation each. @param {Float64Array[]} replicates */
export function jackknifeErrors(replicates) {
  const count = replicates.length;
  return replicates[0].map((_, place) => {
    const mean = replicates.reduce((total, each) => total + each[place], 0) / count;
    return Math.sqrt(((count - 1) / count) * replicates.reduce((total, each) => total + (each[place] - mean) ** 2, 0));
  });
}

/** Share weights over states (T) out among the tokens that the states depend on. @param {Float64Array} weights @param {Float64Array} norms (T, T) */
export function toTokenAttention(weights, norms) {
  const steps = weights.length;
  const shared = new Float64Array(steps);
  for (let row = 0; row < steps; row += 1) {
    const itself = new Float64Array(steps);
    itself[row] = 1;
    normalised(norms.subarray(row * steps, (row + 1) * steps), itself).forEach((share, token) => (shared[token] += weights[row] * share));
  }
  return shared;
}
