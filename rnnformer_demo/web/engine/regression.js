/** Linear systems of symmetric matrices, (n * n) row by row, in double precision. */

const SMALLEST = 1e-10; // of the largest: what is smaller counts for 0
const MOST_SWEEPS = 60;

/**
 * Return the inverse of a symmetric matrix without negative directions; of one that has none, its pseudo-inverse.
 * @param {Float64Array} matrix @param {number} size
 */
export function inverse(matrix, size) {
  const root = cholesky(matrix, size);
  return root ? inverseOfProduct(root, size) : pseudoInverse(matrix, size);
}

/** Return the lower triangle L of matrix = L L', or null for a matrix that is singular. */
function cholesky(/** @type {Float64Array} */ matrix, /** @type {number} */ size) {
  const root = new Float64Array(size * size);
  let most = 0;
  for (let row = 0; row < size; row += 1) most = Math.max(most, matrix[row * size + row]);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let rest = matrix[row * size + column];
      for (let place = 0; place < column; place += 1) rest -= root[row * size + place] * root[column * size + place];
      if (row > column) root[row * size + column] = rest / root[column * size + column];
      else if (rest > SMALLEST * most) root[row * size + row] = Math.sqrt(rest);
      else return null;
    }
  }
  return root;
}

/** Return the inverse of L L'. */
function inverseOfProduct(/** @type {Float64Array} */ root, /** @type {number} */ size) {
  const lower = new Float64Array(size * size); // the inverse of L
  for (let column = 0; column < size; column += 1) {
    lower[column * size + column] = 1 / root[column * size + column];
    for (let row = column + 1; row < size; row += 1) {
      let total = 0;
      for (let place = column; place < row; place += 1) total -= root[row * size + place] * lower[place * size + column];
      lower[row * size + column] = total / root[row * size + row];
    }
  }
  const found = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let total = 0;
      for (let place = row; place < size; place += 1) total += lower[place * size + row] * lower[place * size + column];
      found[row * size + column] = found[column * size + row] = total;
    }
  }
  return found;
}

/** Return the pseudo-inverse, by rotations that leave eigenvalues on the diagonal (Jacobi 1846). */
function pseudoInverse(/** @type {Float64Array} */ matrix, /** @type {number} */ size) {
  const rest = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) vectors[row * size + row] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    let turned = false;
    for (let p = 0; p < size; p += 1) {
      for (let q = p + 1; q < size; q += 1) turned = rotate(rest, vectors, size, p, q) || turned;
    }
    if (!turned) break;
  }
  const values = Float64Array.from({ length: size }, (_, place) => rest[place * size + place]);
  const least = SMALLEST * Math.max(0, ...values);
  const found = new Float64Array(size * size);
  values.forEach((value, which) => {
    if (value <= least) return;
    for (let row = 0; row < size; row += 1) {
      const share = vectors[row * size + which] / value;
      for (let column = 0; column < size; column += 1) found[row * size + column] += share * vectors[column * size + which];
    }
  });
  return found;
}

/** Turn two axes so that nothing is left between them; return whether anything was. */
function rotate(
  /** @type {Float64Array} */ matrix,
  /** @type {Float64Array} */ vectors,
  /** @type {number} */ size,
  /** @type {number} */ p,
  /** @type {number} */ q,
) {
  const between = matrix[p * size + q];
  const [ofP, ofQ] = [matrix[p * size + p], matrix[q * size + q]];
  if (Math.abs(between) <= 1e-15 * Math.sqrt(Math.abs(ofP * ofQ)) || Math.abs(between) < 1e-300) return false;
  const half = (ofQ - ofP) / (2 * between);
  const tangent = (half >= 0 ? 1 : -1) / (Math.abs(half) + Math.hypot(half, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let place = 0; place < size; place += 1) turn(matrix, place * size + p, place * size + q, cosine, sine);
  for (let place = 0; place < size; place += 1) turn(matrix, p * size + place, q * size + place, cosine, sine);
  for (let place = 0; place < size; place += 1) turn(vectors, place * size + p, place * size + q, cosine, sine);
  return true;
}

/** Turn two numbers as the coordinates of a point. */
function turn(
  /** @type {Float64Array} */ values,
  /** @type {number} */ p,
  /** @type {number} */ q,
  /** @type {number} */ cosine,
  /** @type {number} */ sine,
) {
  [values[p], values[q]] = [cosine * values[p] - sine * values[q], sine * values[p] + cosine * values[q]];
}
