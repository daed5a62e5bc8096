/** Features that methods act on, and sums of their scores over words or cells, see `features.py`. */

export const BASELINES = ["unknown", "zero", "mean"];

/**
 * Return tokens without evidence, (1, T, W): "unknown" tokens or a grey photo's, "zero" vectors, or the "mean" of the
 * input's own tokens everywhere.
 * @param {import("../subject.js").Subject} subject @param {string} choice one of `BASELINES`
 * @returns {Promise<import("../programs.js").Values>}
 */
export async function baselineTokens(subject, choice) {
  if (choice === "unknown") return subject.nothing();
  const { data, dims } = await subject.tokens();
  if (choice === "zero") return { data: new Float32Array(data.length), dims };
  const [, steps, width] = dims;
  const means = new Float64Array(width);
  data.forEach((/** @type {number} */ value, /** @type {number} */ place) => (means[place % width] += value / steps));
  return { data: Float32Array.from(data, (_, place) => means[place % width]), dims };
}

/** Return the sums of features of each step, (T), of one row. @param {ArrayLike<number>} features (T, W) @param {number} steps */
export function byStep(features, steps) {
  const width = features.length / steps;
  const sums = new Float64Array(steps);
  for (let place = 0; place < features.length; place += 1) sums[Math.floor(place / width)] += features[place];
  return sums;
}

/** Add scores of steps up over the words or cells that they belong to. @param {ArrayLike<number>} scores @param {any} sample */
export function byUnit(scores, sample) {
  const sums = new Float64Array(sample.unitNames.length);
  for (let step = 0; step < scores.length; step += 1) sums[sample.tokenToUnit[step]] += scores[step];
  return sums;
}

/** Return the products of two rows of numbers. @param {ArrayLike<number>} one @param {ArrayLike<number>} other */
export function times(one, other) {
  return Float64Array.from(one, (value, place) => value * other[place]);
}
