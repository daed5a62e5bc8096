/** Attention weights as maps of queries by keys: raw, rolled out through the layers, or through the recurrence. */

import { decode, once } from "./arrays.js";
import { changeNothing } from "./effects.js";
import { sentencesOf, tokensOf } from "./units.js";

export const POOLING = "pooling"; // in place of a layer
export const MEAN = "mean of heads"; // in place of a head

/**
 * @typedef {object} Scope what the rows and columns of a map are
 * @property {string} key "cells", "words", "sentences", or the number of a sentence whose words they are
 * @property {number[][]} groups tokens of each row and column
 * @property {number[]} units the first unit of each
 * @property {(unit: number) => number} rowOf the row of a unit, -1 for one outside
 *
 * @typedef {{rows: number, columns: number, data: Float32Array, top: number}} AttentionMap rows are queries, columns keys;
 *   top is the largest weight
 * @typedef {{shown: string, layer: string, head: string}} Chosen shown is "weights", "rollout" or "through"
 */

/** Return the names of the layers with attention. @param {any} document @returns {string[]} */
export const layersOf = (document) => Object.keys(document.attention.layers);

/** Return the names of the heads of a layer, the mean of all first. @param {any} document @param {string} layer */
export function headsOf(document, layer) {
  const { shape } = document.attention.layers[layer];
  return [MEAN, ...Array.from({ length: shape[0] }, (_, head) => String(head + 1))];
}

/** Return whether all tokens are pooled alike, so that there is nothing to show. @param {any} document */
export function poolsAlike(document) {
  const { data } = decode(document.attention.pooling);
  return data.every((weight) => Math.abs(weight * data.length - 1) < 1e-3);
}

/**
 * Return the effects of replaced attention: of that between words, or of the pooling; null where they were not measured.
 * @param {any} document @param {string} layer
 */
export function replaced(document, layer) {
  const { probability, total_variation, target } = document.interventions ?? {};
  const what = layer === POOLING ? "pooling" : "attention";
  if (total_variation?.[`uniform ${what}`] === undefined) return null;
  const kinds = ["uniform", "permuted"].map((kind) => {
    const name = `${kind} ${what}`;
    return { kind, share: probability[name], distance: total_variation[name] };
  });
  return { target, original: probability["as it is"], kinds, idle: changeNothing(kinds.map(({ distance }) => distance)) };
}

/**
 * Return the scope of a name; of words or cells where there is none of that name.
 * @param {any} document @param {string} wanted
 * @returns {Scope}
 */
export function scopeOf(document, wanted) {
  const tokens = tokensOf(document);
  const ranges = document.input.layout === "sequence" ? sentencesOf(document) : [];
  if (wanted === "sentences" && ranges.length > 1) {
    const groups = ranges.map(({ start, end }) => tokens.slice(start, end).flat());
    const rowOf = (unit) => ranges.findIndex(({ start, end }) => unit >= start && unit < end);
    return { key: wanted, groups, units: ranges.map(({ start }) => start), rowOf };
  }
  const { start, end } = ranges[Number(wanted)] ?? { start: 0, end: tokens.length };
  const units = Array.from({ length: end - start }, (_, row) => start + row);
  const key = ranges[Number(wanted)] ? wanted : "words";
  return { key, groups: tokens.slice(start, end), units, rowOf: (unit) => (unit >= start && unit < end ? unit - start : -1) };
}

/**
 * Return a scope of at most so many rows: neighbours are taken together.
 * @param {Scope} scope @param {number} most
 * @returns {Scope}
 */
export function coarse(scope, most) {
  const size = Math.ceil(scope.groups.length / most);
  if (size <= 1) return scope;
  const bins = Array.from({ length: Math.ceil(scope.groups.length / size) }, (_, bin) => bin * size);
  const groups = bins.map((start) => scope.groups.slice(start, start + size).flat());
  return { ...scope, key: `${scope.key}/${size}`, groups };
}

/** @type {(attention: any) => Record<string, any>} */
const caches = once(() => ({}));

const cached = ({ attention }, key, make) => (caches(attention)[key] ??= make());

/**
 * Return the map of a choice: the mean over the queries of a group, the sum over its keys. The pooling has one row. Cached.
 * Through the recurrence, each state's weight is shared out among the tokens in proportion to its row of the Jacobian's
 * norms. The rollout (Abnar & Zuidema 2020) multiplies the layers up to the chosen one, each as (mean of heads + I) / 2,
 * whose rows sum to 1; that of the pooling multiplies all and is read by the pooling's weights.
 * @param {any} document @param {Chosen} chosen @param {Scope} scope
 * @returns {AttentionMap}
 */
export function attentionMap(document, chosen, scope) {
  return cached(document, [chosen.shown, chosen.layer, chosen.head, scope.key].join("|"), () => {
    const data = valuesOf(document, chosen, scope.groups);
    const columns = scope.groups.length;
    return { rows: data.length / columns, columns, data, top: data.reduce((most, weight) => Math.max(most, weight), 0) };
  });
}

function valuesOf(document, { shown, layer, head }, groups) {
  const steps = document.attention.pooling.shape[0];
  const queries = (weights, columns) => (layer === POOLING ? weights : meanOfRows(weights, columns, groups));
  if (shown === "rollout") {
    const layers = layersOf(document);
    const right = rolled(document, layer === POOLING ? layers : layers.slice(0, layers.indexOf(layer) + 1), groups);
    if (layer === POOLING) return product(decode(document.attention.pooling).data, right, steps);
    return meanOfRows(right, groups.length, groups);
  }
  const weights = queries(weightsOf(document, layer, head), steps);
  if (shown === "through") return product(weights, sumOfColumns(normalised(document.jacobian.norms), steps, groups), steps);
  return sumOfColumns(weights, steps, groups);
}

/** Return (T * T) weights of a head or of the mean of all; (T) of the pooling. */
function weightsOf(document, layer, head) {
  if (layer === POOLING) return decode(document.attention.pooling).data;
  const { shape, data } = decode(document.attention.layers[layer]);
  const size = shape[1] * shape[2];
  if (head !== MEAN) return data.subarray((Number(head) - 1) * size, Number(head) * size);
  return cached(document, `mean|${layer}`, () => {
    const mean = new Float32Array(size);
    for (let place = 0; place < data.length; place += 1) mean[place % size] += data[place] / shape[0];
    return mean;
  });
}

/** Return (T * groups) the rollout of layers, its keys summed by groups: from the right, so that few groups are quick. */
function rolled(document, layers, groups) {
  const steps = document.attention.pooling.shape[0];
  let right = new Float32Array(steps * groups.length); // the identity
  groups.forEach((tokens, column) => tokens.forEach((token) => (right[token * groups.length + column] = 1)));
  layers.forEach((layer, index) => {
    const mean = weightsOf(document, layer, MEAN);
    const through = index ? product(mean, right, steps) : sumOfColumns(mean, steps, groups);
    right = through.map((weight, place) => 0.5 * weight + 0.5 * right[place]);
  });
  return right;
}

/** Return rows that sum to 1; an empty row keeps its weight for its own token. @param {import("./arrays.js").Encoded} norms */
function normalised(norms) {
  const { data, shape } = decode(norms);
  const rows = data.slice();
  for (let row = 0; row < shape[0]; row += 1) {
    const values = rows.subarray(row * shape[1], (row + 1) * shape[1]);
    const sum = values.reduce((total, value) => total + value, 0);
    if (sum > 0) values.forEach((value, column) => (values[column] = value / sum));
    else values[row] = 1;
  }
  return rows;
}

/** Return the product of matrices (n, inner) and (inner, m), row by row. */
function product(left, right, inner) {
  const columns = right.length / inner;
  const rows = left.length / inner;
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const sums = result.subarray(row * columns, (row + 1) * columns);
    for (let middle = 0; middle < inner; middle += 1) {
      const weight = left[row * inner + middle];
      const place = middle * columns;
      if (weight) for (let column = 0; column < columns; column += 1) sums[column] += weight * right[place + column];
    }
  }
  return result;
}

function sumOfColumns(matrix, columns, groups) {
  const rows = matrix.length / columns;
  const sums = new Float32Array(rows * groups.length);
  for (let row = 0, place = 0; row < rows; row += 1) {
    for (const tokens of groups) {
      let sum = 0;
      for (const token of tokens) sum += matrix[row * columns + token];
      sums[place++] = sum;
    }
  }
  return sums;
}

function meanOfRows(matrix, columns, groups) {
  const means = new Float32Array(groups.length * columns);
  groups.forEach((tokens, row) => {
    for (const token of tokens) {
      for (let column = 0; column < columns; column += 1) means[row * columns + column] += matrix[token * columns + column] / tokens.length;
    }
  });
  return means;
}

/** Return (columns) what keys get of a row, or of all rows in the mean. @param {AttentionMap} map @param {number | null} row */
export function keysOf({ rows, columns, data }, row) {
  if (row !== null || rows === 1) return data.subarray((row ?? 0) * columns, ((row ?? 0) + 1) * columns);
  const mean = new Float32Array(columns);
  data.forEach((weight, place) => (mean[place % columns] += weight / rows));
  return mean;
}

/** Return (rows) what queries give to a key. @param {AttentionMap} map @param {number} column */
export function queriesOf({ rows, columns, data }, column) {
  return Float32Array.from({ length: rows }, (_, row) => data[row * columns + column]);
}
