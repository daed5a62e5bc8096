/** What a recurrence holds, quantity by quantity: (steps, units) of one direction, and orders of the units. */

import { decode, once, top } from "../../core/arrays.js";
import { sequential, states } from "../../core/colours.js";
import { orderByCorrelation, orderByPeak, principal } from "../../core/linear.js";

export const HIDDEN = "hidden state";
const CELL = "cell state";
const CONTRIBUTIONS = "memory contributions";
export const DIRECTIONS = ["forward", "backward"];
export const ORDERS = ["peak", "alike", "index"];

/**
 * @typedef {object} Values
 * @property {string} key of the quantity in the section
 * @property {number} steps
 * @property {number} units
 * @property {Float32Array} data (steps * units)
 * @property {number} most end of the scale
 * @property {boolean} isGate on a scale from 0 to 1; all else is around 0
 * @property {any} array of the document
 * @property {number} direction
 */

/** Return the quantities of a recurrence by the names that they have in ../../../views/recurrence.py. @param {any} recurrence */
export function quantities(recurrence) {
  const gates = Object.keys(recurrence.gates).map((name) => (name === "candidate" ? name : `${name} gate`));
  return [CONTRIBUTIONS, HIDDEN, ...(recurrence.cells ? [CELL] : []), ...gates];
}

/** What is derived from an array of the document. @type {(array: any) => Record<string, any>} */
const derived = once(() => ({}));

const cached = (array, name, make) => (derived(array)[name] ??= make());

/**
 * Return the values of a quantity in one direction; cached.
 * @param {any} recurrence @param {string} quantity @param {number} direction
 * @returns {Values}
 */
export function valuesOf(recurrence, quantity, direction) {
  const key = { [HIDDEN]: "hidden", [CELL]: "cells", [CONTRIBUTIONS]: "contributions" }[quantity] ?? quantity.replace(/ gate$/, "");
  const array = key in recurrence.gates ? recurrence.gates[key] : recurrence[key];
  return cached(array, `values ${direction}`, () => {
    const { data, shape } = decode(array); // (T, 2, U)
    const [steps, directions, units] = shape;
    const own = new Float32Array(steps * units);
    for (let step = 0; step < steps; step += 1)
      own.set(data.subarray((step * directions + direction) * units, (step * directions + direction + 1) * units), step * units);
    const bounded = key in recurrence.gates || key === "hidden";
    return {
      key,
      steps,
      units,
      data: own,
      most: bounded ? 1 : top(own) || 1,
      isGate: key in recurrence.gates && key !== "candidate",
      array,
      direction,
    };
  });
}

/** Return the units in an order of `ORDERS`, from the top of the map down; cached. @param {any} values @param {string} order */
export function orderOf(values, order) {
  const { array, direction, data, steps, units, key } = values;
  return cached(array, `${order} ${direction}`, () => {
    if (order === "index") return Array.from({ length: units }, (_, unit) => unit);
    return order === "alike" ? orderByCorrelation(data, steps, units) : orderByPeak(data, steps, units, key !== "contributions");
  });
}

/** Return the principal components of the hidden states; cached. @param {any} values */
export function componentsOf(values) {
  return cached(values.array, `components ${values.direction}`, () => principal(values.data, values.steps, values.units));
}

/**
 * Return the function from a value to its colour; there are 256 of them.
 * @param {Values} values @param {boolean} dark
 */
export function colouring({ isGate, most }, dark) {
  const colours = Array.from({ length: 256 }, (_, level) => (isGate ? sequential(level / 255) : states((level - 127.5) / 127.5, dark)));
  return (/** @type {number} */ value) =>
    colours[Math.min(255, Math.max(0, Math.round(isGate ? 255 * value : 127.5 + (127.5 * value) / most)))];
}

/**
 * Return the units that stay beyond a threshold during a stretch of steps, each with its sign: that of a unit is an
 * accident of training.
 * @param {Values} values @param {[number, number]} stretch steps, end exclusive @param {number} threshold
 * @returns {{unit: number, sign: number}[]}
 */
export function beyond(values, stretch, threshold) {
  const all = Array.from({ length: values.units }, (_, unit) => ({
    unit,
    sign: values.data[stretch[0] * values.units + unit] < 0 ? -1 : 1,
  }));
  return all.filter(({ unit }) => leastOf(values, stretch, unit) >= threshold);
}

/** Return the least size that a unit keeps, with one sign, during a stretch; 0 where its sign changes. */
export function leastOf({ data, units }, [from, to], unit) {
  const sign = data[from * units + unit] < 0 ? -1 : 1;
  let least = Infinity;
  for (let step = from; step < to; step += 1) least = Math.min(least, sign * data[step * units + unit]);
  return Math.max(0, least);
}

/** Return the range of the threshold. @param {Values} values */
export function thresholds({ most }) {
  const step = most > 2 ? 0.25 : most > 0.3 ? 0.05 : 0.01;
  return { min: step, max: Math.max(step, Math.floor(most / step + 1e-6) * step), step };
}
