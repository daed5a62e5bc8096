/** Linear algebra for pictures: first principal components, and orders in which like columns lie side by side. */

const MOST_ROUNDS = 400;

/**
 * Return the first two principal components of rows.
 * @param {ArrayLike<number>} data (rows * columns), row by row
 * @param {number} rows @param {number} columns
 * @returns {{points: [number, number][], shares: [number, number]}} a point for each row; shares of the variance, 0-1
 */
export function principal(data, rows, columns) {
  const centred = centre(data, rows, columns);
  // The smaller of the two matrices of products: both have the same eigenvalues.
  const tall = rows > columns;
  const size = Math.min(rows, columns);
  const products = tall ? gram(size, rows, (i, k) => centred[k * columns + i]) : gram(size, columns, (i, k) => centred[i * columns + k]);
  let trace = 0;
  for (let i = 0; i < size; i += 1) trace += products[i * size + i];
  const found = [];
  for (let each = 0; each < Math.min(2, size); each += 1) found.push(leading(products, size, found));
  const along = found.map(({ vector, value }) => coordinates(vector, value));
  const points = Array.from({ length: rows }, (_, row) => /** @type {[number, number]} */ ([along[0]?.[row] ?? 0, along[1]?.[row] ?? 0]));
  const shares = [0, 1].map((each) => (trace > 0 && found[each] ? found[each].value / trace : 0));
  return { points, shares: /** @type {[number, number]} */ (shares) };

  function coordinates(vector, value) {
    const place = new Float64Array(rows);
    for (let row = 0; row < rows; row += 1) {
      if (!tall) place[row] = vector[row] * Math.sqrt(value);
      else for (let i = 0; i < columns; i += 1) place[row] += centred[row * columns + i] * vector[i];
    }
    // An axis has no direction of its own: the farthest point is to lie on its positive side.
    const far = place.reduce((best, each) => (Math.abs(each) > Math.abs(best) ? each : best), 0);
    return far < 0 ? place.map((each) => -each) : place;
  }
}

/** Return (size * size) products of vectors with each other. */
function gram(size, length, at) {
  const vectors = Array.from({ length: size }, (_, i) => Float64Array.from({ length }, (_, k) => at(i, k)));
  const products = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) products[i * size + j] = products[j * size + i] = dot(vectors[i], vectors[j]);
  }
  return products;
}

/** Return the eigenvector with the largest eigenvalue that stands upright on those found before, by power iteration. */
function leading(matrix, size, before) {
  let vector = Float64Array.from({ length: size }, (_, i) => Math.cos(i + before.length)); // any that is none of the eigenvectors
  let value = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    for (const other of before) {
      const share = dot(vector, other.vector);
      vector = vector.map((each, i) => each - share * other.vector[i]);
    }
    const length = Math.sqrt(dot(vector, vector));
    if (length < 1e-12) return { vector, value: 0 };
    vector = vector.map((each) => each / length);
    if (Math.abs(length - value) < 1e-9 * length && round > 1) break;
    value = length;
    if (round + 1 < MOST_ROUNDS) vector = Float64Array.from(vector, (_, i) => dot(matrix.subarray(i * size, (i + 1) * size), vector));
  }
  const length = Math.sqrt(dot(vector, vector)) || 1;
  return { vector: vector.map((each) => each / length), value };
}

function centre(data, rows, columns) {
  const centred = Float64Array.from(data);
  for (let column = 0; column < columns; column += 1) {
    let mean = 0;
    for (let row = 0; row < rows; row += 1) mean += centred[row * columns + column] / rows;
    for (let row = 0; row < rows; row += 1) centred[row * columns + column] -= mean;
  }
  return centred;
}

function dot(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += one[i] * other[i];
  return sum;
}

/**
 * Return the columns in the order of the row at which each is largest in size.
 * @param {ArrayLike<number>} data (rows * columns) @param {number} rows @param {number} columns
 * @param {boolean} changes whether the largest change from the row before counts instead
 */
export function orderByPeak(data, rows, columns, changes) {
  const peaks = Array.from({ length: columns }, (_, column) => {
    let [at, most] = [0, -1];
    for (let row = changes ? 1 : 0; row < rows; row += 1) {
      const place = row * columns + column;
      const value = Math.abs(changes ? data[place] - data[place - columns] : data[place]);
      if (value > most) [at, most] = [row, value];
    }
    return { column, at, most };
  });
  return peaks.sort((a, b) => a.at - b.at || b.most - a.most).map(({ column }) => column);
}

/**
 * Return the columns such that neighbours are alike: from the one that varies most, always on to the most correlated one
 * of those that are left.
 * @param {ArrayLike<number>} data (rows * columns) @param {number} rows @param {number} columns
 */
export function orderByCorrelation(data, rows, columns) {
  const centred = centre(data, rows, columns);
  const vectors = Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: rows }, (_, row) => centred[row * columns + column]),
  );
  const sizes = vectors.map((vector) => Math.sqrt(dot(vector, vector)));
  const units = vectors.map((vector, column) => vector.map((each) => each / (sizes[column] || 1)));
  const left = new Set(sizes.keys());
  let last = sizes.indexOf(Math.max(...sizes));
  const order = [];
  while (left.size) {
    order.push(last);
    left.delete(last);
    let [next, closest] = [-1, -Infinity];
    for (const column of left) {
      const like = dot(units[last], units[column]);
      if (like > closest) [next, closest] = [column, like];
    }
    last = next;
  }
  return order;
}
