/** Tensors of a checkpoint's safetensors file. */

import { half } from "../core/arrays.js";

/**
 * @typedef {object} Tensor
 * @property {string} dtype as the file names it
 * @property {number[]} shape
 * @property {Float32Array | Int8Array | BigInt64Array | Uint8Array} data row by row; 16-bit numbers in 32 bits, booleans as 0 and 1
 */

const SCALE = ".scale"; // ends the name of the scales that belong to an 8-bit matrix

/**
 * Return the tensors of a file by name.
 * @param {Uint8Array} bytes @param {(name: string) => boolean} [wanted] tells which; all by default
 * @returns {Record<string, Tensor>}
 */
export function readTensors(bytes, wanted = () => true) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const names = Object.keys(header).filter((name) => name !== "__metadata__" && wanted(name));
  return Object.fromEntries(
    names.map((name) => {
      const { dtype, shape, data_offsets: [start, end] } = header[name];
      return [name, { dtype, shape, data: numbers(dtype, bytes.slice(8 + length + start, 8 + length + end)) }];
    }),
  );
}

/**
 * Return tensors with every 8-bit matrix back in 32 bits, its scales gone.
 * @param {Record<string, Tensor>} tensors @returns {Record<string, Tensor>}
 * @throws {Error} for an 8-bit matrix whose scales are missing or do not fit it
 */
export function unpacked(tensors) {
  const narrow = Object.keys(tensors).filter((name) => tensors[name].dtype === "I8");
  const scales = new Set(narrow.map((name) => name + SCALE));
  const kept = Object.fromEntries(Object.entries(tensors).filter(([name]) => !scales.has(name)));
  for (const name of narrow) kept[name] = widened(name, tensors[name], tensors[name + SCALE]);
  return kept;
}

/** @param {string} name @param {Tensor} matrix @param {Tensor | undefined} scales one a row @returns {Tensor} */
function widened(name, { shape, data }, scales) {
  const [rows, columns] = shape;
  if (shape.length !== 2 || scales?.shape.join() !== `${rows},1`) throw new Error(`${name} must be a matrix with a scale for each row, got ${shape}`);
  const values = new Float32Array(rows * columns);
  for (let place = 0; place < values.length; place += 1) values[place] = Number(data[place]) * Number(scales.data[Math.floor(place / columns)]);
  return { dtype: "F32", shape, data: values };
}

/** Return the numbers in bytes that begin at a place of their own. @param {string} dtype @param {Uint8Array} bytes */
function numbers(dtype, { buffer }) {
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "F16") return Float32Array.from(new Uint16Array(buffer), half);
  if (dtype === "I8") return new Int8Array(buffer);
  if (dtype === "I64") return new BigInt64Array(buffer);
  if (dtype === "BOOL" || dtype === "U8") return new Uint8Array(buffer);
  throw new Error(`the type of a tensor must be one that the browser reads, got ${dtype}`);
}
