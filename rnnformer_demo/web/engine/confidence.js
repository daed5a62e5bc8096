/** Calibrated probabilities and out-of-distribution scores, see `confidence/`; all of one input, whose steps are all real. */

/**
 * @typedef {Record<string, {data: ArrayLike<number>, dims: readonly number[]}>} Outputs what passed the hook points, by their names
 * @typedef {Record<string, {data: ArrayLike<number>, shape: readonly number[]}>} Tensors by their names in the checkpoint
 * @typedef {number | {lengths: number[], values: number[]}} Thresholds by the length of an input, as a card has them
 */

/** Begins the names of a detector's tensors among the weights of a checkpoint. */
export const OOD_PREFIX = "ood.";

const REFERENCE_STEPS = 64;

/** Divisor of the logits before the softmax, a power law of the input's length. */
export class Temperature {
  /** @param {{scale: number, exponent: number}} values */
  constructor({ scale, exponent }) {
    this.scale = scale;
    this.exponent = exponent;
  }

  /** Return the temperature of an input of so many steps. @param {number} steps */
  at(steps) {
    return this.scale * (steps / REFERENCE_STEPS) ** this.exponent;
  }

  /** Return calibrated probabilities of an input of so many steps. @param {ArrayLike<number>} logits @param {number} steps */
  probabilities(logits, steps) {
    const temperature = this.at(steps);
    const scaled = Array.from(logits, (logit) => logit / temperature);
    const logSum = logSumExp(scaled);
    return scaled.map((logit) => Math.exp(logit - logSum));
  }
}

/** Detector of inputs unlike the training data: the distance from these, and where it has one, the side of a plane. */
export class Detector {
  /**
   * @param {any} card the card's entry on it, with feature and threshold, and plane where it was shown other kinds of input
   * @param {Tensors} tensors those of the checkpoint whose names begin with `OOD_PREFIX`
   */
  constructor(card, tensors) {
    /** What it measures, in words. @type {string} */
    this.about = card.signal;
    const tensor = (/** @type {string} */ name) => tensors[OOD_PREFIX + name];
    this.distance = distanceOf(card, tensor);
    this.plane = card.plane ? { ...card.plane, weights: tensor("plane").data } : null;
  }

  /** Return the score of an input, out of distribution above 1. @param {Outputs} outputs @param {number} steps of the input */
  score(outputs, steps) {
    const distance = this.distance(outputs, steps);
    return this.plane ? Math.max(distance, beyond(this.plane, outputs, steps)) : distance;
  }
}

/** Return how far an input lies beyond a plane, above 1 where it is foreign. */
function beyond(/** @type {any} */ { feature, weights, threshold, reach }, /** @type {Outputs} */ outputs, /** @type {number} */ steps) {
  const { means } = FEATURES[feature](outputs, steps);
  const value = weights[means.length] + means.reduce((total, mean, place) => total + mean * weights[place], 0);
  return 1 + (value - thresholdAt(threshold, steps)) / thresholdAt(reach, steps);
}

/**
 * Return the function that maps an input to its distance, above 1 out of distribution.
 * @param {{feature: string, threshold: Thresholds}} card @param {(name: string) => Tensors[string]} tensor
 * @returns {(outputs: Outputs, steps: number) => number}
 */
function distanceOf({ feature, threshold }, tensor) {
  if (feature === "energy") return ({ logits }, steps) => Math.exp(-logSumExp(logits.data) - thresholdAt(threshold, steps));
  if (feature === "neighbour") {
    const examples = rowsOf(tensor("examples")).map(direction);
    return ({ pooled }, steps) => {
      const pointing = direction(Array.from(pooled.data));
      const nearest = Math.max(...examples.map((example) => dot(example, pointing)));
      return Math.max(0, 1 - nearest) / thresholdAt(threshold, steps);
    };
  }
  const whitening = rowsOf(tensor("whitening"));
  const whitened = (/** @type {number[]} */ vector) => whitening.map((row) => dot(row, vector));
  const centres = rowsOf(tensor("centres")).map(whitened);
  const between = Array.from(tensor("between").data);
  return (outputs, steps) => {
    const { means, count } = FEATURES[feature](outputs, steps);
    const place = whitened(means);
    const distances = centres.map((centre) =>
      between.reduce((total, variance, axis) => total + (place[axis] - centre[axis]) ** 2 / (variance + 1 / count), 0),
    );
    return Math.min(...distances) / means.length / thresholdAt(threshold, steps);
  };
}

/**
 * Features of a forward pass: each maps the outputs to the means of its vectors over the steps, and how many those are.
 * @type {Record<string, (outputs: Outputs, steps: number) => {means: number[], count: number}>}
 */
const FEATURES = {
  /** Each token with its length. */
  tokens: ({ tokens }, steps) => {
    const width = tokens.dims[2];
    const means = new Array(width + 1).fill(0);
    for (let step = 0; step < steps; step += 1) {
      let squares = 0;
      for (let unit = 0; unit < width; unit += 1) {
        const value = tokens.data[step * width + unit];
        means[unit] += value / steps;
        squares += value * value;
      }
      means[width] += Math.sqrt(squares) / steps;
    }
    return { means, count: steps };
  },
  pooled: ({ pooled }) => ({ means: Array.from(pooled.data), count: 1 }),
  joint: (outputs, steps) => ({ means: [...FEATURES.pooled(outputs, steps).means, ...FEATURES.tokens(outputs, steps).means], count: 1 }),
  /** The mean of each channel of a grid (1, C, H, W). */
  texture: ({ texture: { data, dims } }) => {
    const cells = dims[2] * dims[3];
    const means = Array.from({ length: dims[1] }, (_, channel) => {
      let total = 0;
      for (let cell = 0; cell < cells; cell += 1) total += data[channel * cells + cell];
      return total / cells;
    });
    return { means, count: 1 };
  },
};

/** Return the threshold of an input of so many steps. @param {Thresholds} thresholds @param {number} steps */
function thresholdAt(thresholds, steps) {
  if (typeof thresholds === "number") return thresholds;
  const { lengths, values } = thresholds;
  return values[Math.max(0, lengths.findLastIndex((length) => length <= steps))];
}

/** @param {ArrayLike<number>} logits */
function logSumExp(logits) {
  const values = Array.from(logits);
  const most = Math.max(...values);
  return most + Math.log(values.reduce((total, value) => total + Math.exp(value - most), 0));
}

/** Return the rows of a matrix. @param {Tensors[string]} matrix */
function rowsOf({ data, shape: [rows, columns] }) {
  const values = Array.from(data);
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

/** @param {number[]} vector */
function direction(vector) {
  const length = Math.max(Math.sqrt(dot(vector, vector)), 1e-12); // as torch's `normalize` keeps zeros
  return vector.map((value) => value / length);
}

/** @param {number[]} one @param {number[]} other */
function dot(one, other) {
  let total = 0;
  for (let place = 0; place < one.length; place += 1) total += one[place] * other[place];
  return total;
}
