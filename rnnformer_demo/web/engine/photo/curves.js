/** Curves of colour profiles: from a stored value to its share of light, as LittleCMS evaluates them. */

import { hasMark, latin, viewOf } from "./bytes.js";

/** @typedef {(value: number) => number} Curve from 0-1 */

const COUNTS = [1, 3, 4, 5, 7]; // numbers of a parametric curve, by its kind

/**
 * Return the curve in a tag of a profile.
 * @param {Uint8Array} tag @returns {Curve | null} null for none
 */
export function curveIn(tag) {
  if (hasMark(tag, "curv") && tag.length >= 12) return ofTable(tag);
  if (hasMark(tag, "para") && tag.length >= 12) return ofFormula(tag);
  return null;
}

/** @param {Uint8Array} tag @returns {Curve | null} */
function ofTable(tag) {
  const view = viewOf(tag);
  const count = view.getUint32(8);
  if (tag.length < 12 + 2 * count) return null;
  if (count === 0) return (value) => value;
  if (count === 1) return (value) => value ** (view.getUint16(12) / 256);
  const table = Uint16Array.from({ length: count }, (_, place) => view.getUint16(12 + 2 * place));
  return (value) => between(table, Math.floor(value * 65535 + 0.5)) / 65535;
}

/** Return what lies between two values of a table, in whole numbers. @param {Uint16Array} table @param {number} value 0-65535 */
function between(table, value) {
  const last = table.length - 1;
  if (value >= 65535) return table[last];
  const product = last * value;
  const place = product + Math.floor((product + 0x7fff) / 0xffff); // 16 bits behind the point
  const [cell, rest] = [Math.floor(place / 65536), place % 65536];
  return table[cell] + Math.floor(((table[cell + 1] - table[cell]) * rest + 0x8000) / 65536);
}

/** @param {Uint8Array} tag @returns {Curve | null} */
function ofFormula(tag) {
  const view = viewOf(tag);
  const kind = view.getUint16(8);
  if (!(kind in COUNTS) || tag.length < 12 + 4 * COUNTS[kind]) return null;
  const numbers = Array.from({ length: COUNTS[kind] }, (_, place) => view.getInt32(12 + 4 * place) / 65536);
  const [power, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers;
  if (kind === 0) return (value) => value ** power;
  const raised = (/** @type {number} */ value) => Math.max(0, a * value + b) ** power;
  if (kind < 3) return (value) => (value >= -b / a ? raised(value) : 0) + (kind === 2 ? c : 0);
  return (value) => (value >= d ? raised(value) + e : c * value + f);
}

/** Return the value that sRGB stores for a share of light. @param {number} light */
export function srgbValue(light) {
  const [power, a, b, c, d] = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
  return light >= (a * d + b) ** power ? (light ** (1 / power) - b) / a : light / c;
}

/** Tell whether a profile calls itself sRGB. @param {Uint8Array} tag its description, in one or two bytes a letter */
export function namesSrgb(tag) {
  return /srgb/i.test(latin(tag.filter((byte) => byte !== 0)));
}
