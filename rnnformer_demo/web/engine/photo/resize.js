/** The middle square of a photo by cubic convolution, in the whole numbers with which Pillow computes it. */

/**
 * @typedef {{data: Uint8ClampedArray, width: number, height: number}} Pixels rows of red, green, blue and opacity
 * @typedef {{first: number, weights: Int32Array}} Taps the pixels of which one is made: the first, and the weight of each
 */

const BITS = 22; // of a weight, behind the point: Pillow's 32, less 8 of a pixel and 2 that sums may take
const HALF = 1 << (BITS - 1);

/**
 * Cut out the middle square of a photo, `size` pixels wide, as `middle_square` of `data/image.py`.
 * @param {Pixels} photo opaque @param {number} size @param {number} share side of the square as a share of the photo's short side
 * @returns {Pixels}
 */
export function middleSquare(photo, size, share = 1) {
  const { width, height } = photo;
  const [left, top, right, bottom] = boxOf(width, height, share);
  if (width === size && height === size && left === 0 && top === 0) return photo;
  const narrow = left !== 0 || width !== size || right !== size ? across(photo, tapsOf(width, left, right, size)) : photo;
  return top !== 0 || height !== size || bottom !== size ? down(narrow, tapsOf(height, top, bottom, size)) : narrow;
}

/**
 * Return left, top, right and bottom of the square in pixels, as `ImageOps.fit`; Pillow keeps them as float32.
 * @param {number} width @param {number} height @param {number} share
 */
function boxOf(width, height, share) {
  const bleed = (1 - share) / 2;
  const [margin, above] = [bleed * width, bleed * height];
  const [live, tall] = [width - 2 * margin, height - 2 * above];
  const side = Math.min(live, tall);
  const [left, top] = [margin + (live - side) * 0.5, above + (tall - side) * 0.5];
  return [left, top, left + side, top + side].map(Math.fround);
}

/**
 * Return of which pixels of a line each of the new ones is made.
 * @param {number} length of the line @param {number} from @param {number} to @param {number} size @returns {Taps[]}
 */
function tapsOf(length, from, to, size) {
  const scale = Math.fround(to - from) / size;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: size }, (_, place) => {
    const centre = from + (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
    const end = Math.min(length, Math.trunc(centre + 2 * stretch + 0.5));
    const shares = Float64Array.from({ length: end - first }, (_, tap) => cubic((tap + first - centre + 0.5) * (1 / stretch)));
    const total = shares.reduce((sum, share) => sum + share, 0);
    return { first, weights: Int32Array.from(shares, (share) => nearest(total === 0 ? share : share / total)) };
  });
}

/** Return the weight of a pixel at a distance (Keys 1981). @param {number} distance */
function cubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

/** @param {number} weight */
function nearest(weight) {
  return Math.trunc(weight * 2 ** BITS + (weight < 0 ? -0.5 : 0.5));
}

/** Return a photo with other columns. @param {Pixels} photo @param {Taps[]} taps @returns {Pixels} */
function across({ data, width, height }, taps) {
  const result = new Uint8ClampedArray(4 * taps.length * height).fill(255);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < taps.length; column += 1) {
      const { first, weights } = taps[column];
      put(result, 4 * (row * taps.length + column), data, 4 * (row * width + first), 4, weights);
    }
  }
  return { data: result, width: taps.length, height };
}

/** Return a photo with other rows. @param {Pixels} photo @param {Taps[]} taps @returns {Pixels} */
function down({ data, width }, taps) {
  const result = new Uint8ClampedArray(4 * width * taps.length).fill(255);
  for (let row = 0; row < taps.length; row += 1) {
    const { first, weights } = taps[row];
    for (let column = 0; column < width; column += 1) {
      put(result, 4 * (row * width + column), data, 4 * (first * width + column), 4 * width, weights);
    }
  }
  return { data: result, width, height: taps.length };
}

/**
 * Write one pixel: the weighted sum of others.
 * @param {Uint8ClampedArray} result @param {number} place
 * @param {Uint8ClampedArray} data @param {number} start of the first of them @param {number} step @param {Int32Array} weights
 */
function put(result, place, data, start, step, weights) {
  let [red, green, blue] = [HALF, HALF, HALF];
  for (let tap = 0, at = start; tap < weights.length; tap += 1, at += step) {
    const weight = weights[tap];
    red += data[at] * weight;
    green += data[at + 1] * weight;
    blue += data[at + 2] * weight;
  }
  result[place] = red >> BITS;
  result[place + 1] = green >> BITS;
  result[place + 2] = blue >> BITS;
}
