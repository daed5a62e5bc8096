/** Arrays of the analysis document: base64 of little-endian float32, float16 or uint8 to Float32Array. */

/**
 * @typedef {{dtype: "float32" | "float16" | "uint8", shape: number[], data: string, scale: number, offset: number}} Encoded
 * @typedef {{shape: number[], data: Float32Array}} Decoded
 */

/**
 * Return a function that computes once for each object, and remembers it as long as the object is there.
 * @template {object} Key @template Value
 * @param {(key: Key) => Value} compute
 */
export function once(compute) {
  const known = /** @type {WeakMap<Key, Value>} */ (new WeakMap());
  return (/** @type {Key} */ key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return /** @type {Value} */ (known.get(key));
  };
}

/** Decode an array. @type {(array: Encoded) => Decoded} */
export const decode = once((array) => ({ shape: array.shape, data: numbers(array) }));

/** Loops and a table: 400 tokens have millions of weights. @param {Encoded} array */
function numbers(array) {
  const text = atob(array.data);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = text.charCodeAt(place);
  const view = new DataView(bytes.buffer);
  const size = { float32: 4, float16: 2, uint8: 1 }[array.dtype];
  const values = new Float32Array(bytes.length / size);
  if (size === 4) for (let place = 0; place < values.length; place += 1) values[place] = view.getFloat32(4 * place, true);
  else if (size === 2) for (let place = 0; place < values.length; place += 1) values[place] = half(view.getUint16(2 * place, true));
  else for (let place = 0; place < values.length; place += 1) values[place] = bytes[place] * array.scale + array.offset;
  return values;
}

const halves = new Float32Array(1 << 16); // values of bits that were met; 0 for others

/** Return the value of the bits of a float16. @param {number} bits */
export function half(bits) {
  if (!halves[bits]) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    halves[bits] = exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return halves[bits];
}

/**
 * Return the indices of the largest values, the largest first; equal values keep their order.
 * @param {ArrayLike<number>} values
 * @param {number} count
 */
export function largest(values, count) {
  return Array.from(values, (_, index) => index)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, count);
}

/** Return the rank of each value by its size, 1 for the largest. @param {number[]} values */
export function ranksOf(values) {
  const ranks = new Array(values.length);
  largest(values.map(Math.abs), values.length).forEach((place, rank) => (ranks[place] = rank + 1));
  return ranks;
}

/** Return the largest size of a value, 0 for none. @param {Iterable<number>} values */
export function top(values) {
  let size = 0;
  for (const value of values) size = Math.max(size, Math.abs(value));
  return size;
}
