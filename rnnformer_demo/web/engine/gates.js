/** Gates of the recurrences and what follows from them, see `interpret/gates.py`; all are (T, 2, U), in the order of the steps. */

import { argsort, sum } from "./numbers.js";

const LOW = Math.fround(0.1); // beyond these a gate hardly answers to what is read
const HIGH = Math.fround(0.9);

/**
 * @typedef {object} Gates of one recurrence
 * @property {string} name such as "lstm tokens 1"
 * @property {string} kind of its cell
 * @property {Float32Array} hidden states
 * @property {Record<string, Float32Array>} gates by name
 * @property {Float32Array | null} cells
 * @property {Float32Array} kept share of its memory that a unit keeps at a step
 * @property {Float32Array} added what a step writes into the memory
 * @property {number[][][]} order for both directions the steps of each sequence, as they are read
 * @property {number} steps @property {number} units
 * @property {string} retention the gate whose value is `kept`
 */

/**
 * Return the gates of every recurrence at the input of a context.
 * @param {import("./context.js").Context} context @returns {Promise<Gates[]>}
 */
export async function gatesOf(context) {
  const { recurrences } = context.model.facts;
  if (!recurrences.length) return [];
  const outputs = await context.outputs();
  const found = await context.model.programs.run("gates", { tokens: outputs.tokens });
  return recurrences.map((/** @type {any} */ recurrence) => gatesAt(recurrence, context, outputs, found));
}

/** @param {any} recurrence its facts @param {import("./context.js").Context} context @param {any} outputs @param {any} found @returns {Gates} */
function gatesAt({ name, kind, scan, retention_gate: retention, has_cell_state: hasCells }, context, outputs, found) {
  const { steps } = context.sample;
  const own = Object.keys(found).filter((key) => key.startsWith(`${name} `));
  const values = Object.fromEntries(own.map((key) => [key.slice(name.length + 1), /** @type {Float32Array} */ (found[key].data)]));
  const { cells = null, ...gates } = values;
  const kept = gates[retention];
  const added = kept.map((share, place) => (hasCells ? gates.input[place] : 1 - share) * gates.candidate[place]);
  const order = orderOf(scan, steps, context.sample.grid);
  return { name, kind, hidden: outputs[name].data, gates, cells, kept, added, order, steps, units: kept.length / (2 * steps), retention };
}

/** Return the steps of each sequence as either direction reads them. @param {string} scan @param {number} steps @param {[number, number] | null} grid */
function orderOf(scan, steps, grid) {
  const all = Array.from({ length: steps }, (_, step) => step);
  const [rows, columns] = grid ?? [1, steps];
  const ahead =
    scan === "columns"
      ? Array.from({ length: columns }, (_, column) => all.filter((step) => step % columns === column))
      : Array.from({ length: rows }, (_, row) => all.slice(row * columns, (row + 1) * columns));
  return [ahead, ahead.map((sequence) => sequence.toReversed())];
}

/** Call a function for each step but the first that a direction reads of a sequence, with the place of each unit there and a step before. */
function along(/** @type {Gates} */ { order, units }, /** @type {(now: number, before: number | null) => void} */ visit) {
  for (const [direction, sequences] of order.entries()) {
    for (const sequence of sequences) {
      for (const [number, step] of sequence.entries()) {
        for (let unit = 0; unit < units; unit += 1) {
          const place = (/** @type {number} */ each) => (2 * each + direction) * units + unit;
          visit(place(step), number ? place(sequence[number - 1]) : null);
        }
      }
    }
  }
}

/** Return the largest difference between the hidden states that follow from the gates and those of the network. @param {Gates} gates */
export function gateError(gates) {
  const { hidden, cells, gates: values } = gates;
  let error = 0;
  along(gates, (now, before) => {
    const last = before === null ? 0 : hidden[before];
    const state = cells
      ? values.output[now] * Math.tanh(cells[now])
      : values.candidate[now] + values.update[now] * (last - values.candidate[now]);
    error = Math.max(error, Math.abs(state - hidden[now]));
  });
  return error;
}

/** Return what each step left in each unit's memory as it is after the direction's last step. @param {Gates} gates */
export function memoryContributions(gates) {
  const left = new Float64Array(gates.kept.length);
  for (const [direction, sequences] of gates.order.entries()) {
    for (const sequence of sequences) {
      for (let unit = 0; unit < gates.units; unit += 1) {
        let share = 1;
        for (const step of sequence.toReversed()) {
          const place = (2 * step + direction) * gates.units + unit;
          left[place] = share * gates.added[place];
          share *= gates.kept[place];
        }
      }
    }
  }
  return left;
}

/** Return the steps after which half of what a unit holds is left, the lower median over units, of both directions; null for ever. @param {Gates} gates */
export function medianHalfLife({ kept, steps, units }) {
  return [0, 1].map((direction) => {
    const lives = Array.from({ length: units }, (_, unit) => {
      let logarithms = 0;
      for (let step = 0; step < steps; step += 1) logarithms += Math.log(kept[(2 * step + direction) * units + unit]);
      return Math.log(2) / Math.abs(logarithms / steps);
    });
    const median = lives.sort((a, b) => a - b)[Math.floor((units - 1) / 2)];
    return Number.isFinite(median) ? median : null;
  });
}

/** Return the shares of each gate's values near the lower and the upper end of its range. @param {Gates} gates */
export function saturation({ gates }) {
  return Object.fromEntries(
    Object.entries(gates).map(([name, values]) => {
      const low = name === "candidate" ? -HIGH : LOW;
      const near = (/** @type {(value: number) => boolean} */ test) => values.reduce((count, value) => count + Number(test(value)), 0) / values.length;
      return [name, [near((value) => value < low), near((value) => value > HIGH)]];
    }),
  );
}

/**
 * Return the unit of a direction that holds most in the end, and the steps that contributed most to it.
 * @param {Gates} gates @param {Float64Array} contributions @param {number} direction @param {number} most
 */
export function fullest({ steps, units }, contributions, direction, most) {
  const of = (/** @type {number} */ unit) => Float64Array.from({ length: steps }, (_, step) => contributions[(2 * step + direction) * units + unit]);
  let [unit, size] = [0, -1];
  for (let each = 0; each < units; each += 1) {
    const held = Math.abs(sum(of(each)));
    if (held > size) [unit, size] = [each, held];
  }
  const own = of(unit);
  const sizes = own.map(Math.abs);
  const total = sum(sizes);
  const contributors = [...argsort(sizes, true).slice(0, most)].map((step) => ({ step, share: total > 0 ? own[step] / total : own[step] }));
  return { unit, contributors };
}
