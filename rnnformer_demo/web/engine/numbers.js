/** Small computations on lists of numbers. */

/**
 * Return the indices of values in ascending order, or the largest first; equal ones keep their order.
 * @param {ArrayLike<number>} values
 */
export function argsort(values, descending = false) {
  const order = Int32Array.from({ length: values.length }, (_, index) => index);
  return order.sort(descending ? (a, b) => values[b] - values[a] || a - b : (a, b) => values[a] - values[b] || a - b);
}

/** Return the place of the largest value, the first of several. @param {ArrayLike<number>} values */
export function argmax(values) {
  let best = 0;
  for (let place = 1; place < values.length; place += 1) if (values[place] > values[best]) best = place;
  return best;
}

/** Return the sum. @param {ArrayLike<number>} values */
export function sum(values) {
  let total = 0;
  for (let place = 0; place < values.length; place += 1) total += values[place];
  return total;
}

/** Return the sum of products. @param {ArrayLike<number>} one @param {ArrayLike<number>} other */
export function dot(one, other) {
  let total = 0;
  for (let place = 0; place < one.length; place += 1) total += one[place] * other[place];
  return total;
}

/** Return the mean. @param {ArrayLike<number>} values */
export function mean(values) {
  return sum(values) / values.length;
}

/** Return the Euclidean length. @param {ArrayLike<number>} values */
export function norm(values) {
  return Math.sqrt(dot(values, values));
}

/** Return the standard deviation of a sample. @param {ArrayLike<number>} values */
export function deviation(values) {
  const centre = mean(values);
  let squares = 0;
  for (let place = 0; place < values.length; place += 1) squares += (values[place] - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/** Return the largest size of a value, 0 for none. @param {ArrayLike<number>} values */
export function largest(values) {
  let size = 0;
  for (let place = 0; place < values.length; place += 1) size = Math.max(size, Math.abs(values[place]));
  return size;
}

/** Return values that sum to 1, or others where they sum to nothing. @param {Float64Array} values @param {ArrayLike<number>} otherwise */
export function normalised(values, otherwise) {
  const total = sum(values);
  return total > 0 ? values.map((value) => value / total) : Float64Array.from(otherwise);
}

/** Return the nearest whole number; what lies half-way goes to the even one. @param {number} value */
export function roundEven(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Return the number of sets of so many of some units. @param {number} units @param {number} size */
export function choose(units, size) {
  let number = 1;
  for (let place = 1; place <= size; place += 1) number = (number * (units - size + place)) / place;
  return Math.round(number);
}
