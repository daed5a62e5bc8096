/** A small tanh RNN, h_t = tanh(W h_{t-1} + x_t), and how far the gradient of its last state reaches back. */

export const UNITS = 16;
export const STEPS = 60;
const DOUBLINGS = 24; // of the power of the weights from which their spectral radius is read

/** @typedef {Float64Array} Matrix of UNITS rows, one after the other */

/** Return draws from a normal distribution, the same for a seed. @param {number} seed @returns {() => number} */
function normal(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' linear congruential generator
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Return recurrent weights of a spectral radius of 1. @param {number} seed @returns {Matrix} */
export function weightsOf(seed) {
  const draw = normal(seed);
  const drawn = Float64Array.from({ length: UNITS * UNITS }, draw);
  const radius = spectralRadius(drawn);
  return drawn.map((value) => value / radius);
}

/** Return the largest magnitude of an eigenvalue, by Gelfand's formula: the root of a high power's norm. @param {Matrix} matrix */
export function spectralRadius(matrix) {
  let power = matrix;
  let log = 0; // of what the power was divided by, so that it stays within range
  for (let doubling = 0; doubling < DOUBLINGS; doubling += 1) {
    const norm = Math.hypot(...power);
    power = power.map((value) => value / norm);
    log = 2 * (log + Math.log(norm));
    power = squared(power);
  }
  return Math.exp((log + Math.log(Math.hypot(...power))) / 2 ** DOUBLINGS);
}

/** @param {Matrix} matrix @returns {Matrix} */
function squared(matrix) {
  return matrix.map((_, place) => {
    const [row, column] = [Math.floor(place / UNITS), place % UNITS];
    let sum = 0;
    for (let k = 0; k < UNITS; k += 1) sum += matrix[row * UNITS + k] * matrix[k * UNITS + column];
    return sum;
  });
}

/**
 * Return the norm of d loss / d x_t by the distance of step t from the loss, which reads the last state.
 * @param {Matrix} weights of a spectral radius of 1 @param {number} radius by which they are multiplied
 * @param {number} size of the inputs; at 0 the states are zero, where tanh is linear
 * @param {number} seed of inputs and loss
 */
export function gradientNorms(weights, radius, size, seed) {
  const draw = normal(seed);
  const states = [new Float64Array(UNITS)];
  for (let step = 0; step < STEPS; step += 1) {
    const before = states[step];
    states.push(before.map((_, row) => Math.tanh(radius * dot(weights, row, before) + size * draw())));
  }
  let gradient = Float64Array.from({ length: UNITS }, draw);
  const norms = [];
  for (let step = STEPS; step > 0; step -= 1) {
    const inner = gradient.map((value, unit) => value * (1 - states[step][unit] ** 2)); // with respect to x_t, too
    norms.push(Math.hypot(...inner));
    gradient = inner.map((_, unit) => {
      let sum = 0;
      for (let row = 0; row < UNITS; row += 1) sum += weights[row * UNITS + unit] * inner[row];
      return radius * sum;
    });
  }
  return norms;
}

function dot(weights, row, state) {
  let sum = 0;
  for (let column = 0; column < UNITS; column += 1) sum += weights[row * UNITS + column] * state[column];
  return sum;
}
