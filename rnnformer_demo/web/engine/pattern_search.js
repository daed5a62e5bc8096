/** Search by pattern (LSTMVis, Strobelt et al. 2018): stretches of texts during which units stay beyond a threshold together. */

import { InputError } from "./errors.js";
import { cut, quoted, rounded } from "./format.js";

const LEAST_COMMON = 0.5; // share of a pattern's units that a match must have
const MOST_OF_A_TEXT = 3;
const MOST = 12; // matches that are shown

/**
 * @typedef {object} Pattern recurrent units that stay beyond a threshold together, each with a sign of its own
 * @property {string} recurrence its name, such as "lstm tokens 1"
 * @property {number} direction 0 for the forward one, 1 for the backward one
 * @property {string} quantity "hidden", "cells", "contributions" or the name of a gate
 * @property {Map<number, 1 | -1>} signs by unit: 1 where it stays above the threshold, -1 where below the negative of that
 * @property {number} threshold above 0
 * @property {number} steps fewest steps of a match
 *
 * @typedef {object} Stretch steps during which units of a pattern stay beyond its threshold
 * @property {number} first @property {number} last exclusive
 * @property {number[]} common units of the pattern that do
 * @property {number} others number of units that do, and are none of the pattern's or have the other sign
 * @property {number} score Jaccard index of the pattern's units and all that do
 *
 * @typedef {{data: ArrayLike<number>, dims: readonly number[]}} Quantity (T, 2, U)
 * @typedef {Record<string, Record<string, Quantity>>} Quantities by recurrence and name
 * @typedef {{text: string, span: [number, number], stretch: Stretch, own: boolean}} Match
 */

/**
 * Search the text of a document, and further texts; those that the model cannot read are left out.
 * @param {object} request
 * @param {import("./context.js").Context} request.context of the document
 * @param {(context: import("./context.js").Context) => Promise<Quantities>} request.quantitiesOf returns what the recurrences hold
 * @param {(text: string) => import("./context.js").Context} request.contextOf reads another text
 * @param {Pattern} request.pattern
 * @param {number} request.start step of the document at which the pattern was found; what overlaps it is no match
 * @param {string[]} request.texts
 * @param {(share: number) => void} request.report
 * @returns {Promise<{matches: object[], texts: number}>}
 * @throws {InputError} for a pattern that does not fit the model
 */
export async function searchPattern({ context, quantitiesOf, contextOf, pattern, start, texts, report }) {
  const matchesIn = async (/** @type {import("./context.js").Context} */ each, /** @type {boolean} */ own) =>
    matchesOf(each, stretches(valuesOf(await quantitiesOf(each), pattern), pattern), own);
  const found = (await matchesIn(context, true)).filter(({ stretch }) => stretch.last <= start || stretch.first >= start + pattern.steps);
  const others = [...new Set(texts)].filter((text) => text !== context.sample.display);
  let read = 1;
  for (const [done, text] of others.entries()) {
    report(done / others.length);
    const other = readable(contextOf, text);
    if (!other) continue;
    read += 1;
    found.push(...(await matchesIn(other, false)));
  }
  const best = found.sort((a, b) => byRank(a.stretch, b.stretch)).slice(0, MOST);
  return { matches: best.map(shown), texts: read };
}

/** Return the context of a text, or null where it has no word that the model knows. */
function readable(/** @type {(text: string) => import("./context.js").Context} */ contextOf, /** @type {string} */ text) {
  try {
    return contextOf(text);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/** Return the best matches of a text. */
function matchesOf(/** @type {any} */ { sample }, /** @type {Stretch[]} */ found, /** @type {boolean} */ own) {
  const spanAt = (/** @type {number} */ step) => sample.spans[sample.tokenToUnit[step]];
  return found.slice(0, MOST_OF_A_TEXT).map((stretch) => {
    const span = /** @type {[number, number]} */ ([spanAt(stretch.first)[0], spanAt(stretch.last - 1)[1]]);
    return { text: sample.display, span, stretch, own };
  });
}

/** Return what the page shows of a match. @param {Match} match */
function shown({ text, span, stretch, own }) {
  return { text, span, units: stretch.common, others: stretch.others, score: rounded(stretch.score, 3), own };
}

/** Compare two stretches as LSTMVis does: the largest intersection first, then the smallest union. @param {Stretch} a @param {Stretch} b */
function byRank(a, b) {
  return b.common.length - a.common.length || b.score - a.score;
}

/**
 * Return the values of the quantity that a pattern is about, rows (U) of each step.
 * @param {Quantities} quantities @param {Pattern} pattern @returns {ArrayLike<number>[]}
 */
function valuesOf(quantities, { recurrence, direction, quantity, signs }) {
  const known = Object.hasOwn(quantities, recurrence) ? quantities[recurrence] : null;
  if (!known) throw new InputError(`There is no recurrence ${quoted(cut(recurrence, 60))}: there is ${Object.keys(quantities).join(", ")}.`);
  const array = Object.hasOwn(known, quantity) ? known[quantity] : null;
  if (!array || ![0, 1].includes(direction)) {
    throw new InputError(`There is no ${quoted(cut(quantity, 60))} of ${recurrence} in this direction.`);
  }
  const [steps, , units] = array.dims;
  if (![...signs.keys()].every((unit) => 0 <= unit && unit < units)) {
    throw new InputError(`There are ${units} units: there is none beyond them.`);
  }
  const values = Float32Array.from(array.data);
  return Array.from({ length: steps }, (_, step) => values.subarray((2 * step + direction) * units, (2 * step + direction + 1) * units));
}

/**
 * Return the stretches of one text, the best first, none overlapping a better one. Each is as long as the units that it
 * has in common with the pattern stay beyond the threshold.
 * @param {ArrayLike<number>[]} values rows (U) of each step @param {Pattern} pattern @returns {Stretch[]}
 */
export function stretches(values, { signs, threshold, steps }) {
  const units = values[0]?.length ?? 0;
  const limit = Math.fround(threshold);
  // Of each step, first the units above the threshold, then those below its negative.
  const active = values.map((row) => [...Array.from(row, (value) => value >= limit), ...Array.from(row, (value) => value <= -limit)]);
  const wanted = Array.from(signs, ([unit, sign]) => (sign > 0 ? unit : unit + units));
  /** @type {Map<string, Stretch>} */
  const found = new Map();
  for (let start = 0; wanted.length && start + steps <= active.length; start += 1) {
    const common = wanted.filter((place) => during(active, start, start + steps, place));
    if (!common.length || common.length < LEAST_COMMON * wanted.length) continue;
    const stretch = grown(active, start, start + steps, wanted, common);
    found.set(JSON.stringify(stretch), stretch);
  }
  /** @type {Stretch[]} */
  const kept = [];
  for (const stretch of [...found.values()].sort((a, b) => byRank(a, b) || a.first - b.first)) {
    if (kept.every((other) => stretch.last <= other.first || stretch.first >= other.last)) kept.push(stretch);
  }
  return kept;
}

/** Return the longest stretch around first to last during which units stay active. */
function grown(
  /** @type {boolean[][]} */ active,
  /** @type {number} */ first,
  /** @type {number} */ last,
  /** @type {number[]} */ wanted,
  /** @type {number[]} */ common,
) {
  const together = (/** @type {number} */ step) => common.every((place) => active[step][place]);
  while (first > 0 && together(first - 1)) first -= 1;
  while (last < active.length && together(last)) last += 1;
  const places = active[0].length;
  const staying = active[0].filter((_, place) => during(active, first, last, place)).length;
  const union = staying + wanted.length - common.length;
  const units = common.map((place) => place % (places / 2)).sort((a, b) => a - b);
  return { first, last, common: units, others: staying - common.length, score: common.length / union };
}

/** Return whether a unit is active at all steps from first to last, exclusive. */
function during(/** @type {boolean[][]} */ active, /** @type {number} */ first, /** @type {number} */ last, /** @type {number} */ place) {
  for (let step = first; step < last; step += 1) if (!active[step][place]) return false;
  return true;
}
