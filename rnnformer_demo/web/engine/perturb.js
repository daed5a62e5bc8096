/** Logits of inputs with units removed: the one way to run a model on perturbed inputs, see `interpret/perturb.py`. */

import { PERTURBATIONS } from "./perturbations.js";
import { sideBySide } from "./lanes.js";
import { argsort } from "./numbers.js";

const STEPS_PER_PASS = 512;
const PHOTOS_PER_PASS = 4; // more is slower, for caches are small

/**
 * Return the logits of an input without the units that each row names.
 * @param {import("./subject.js").Subject} subject
 * @param {Uint8Array[]} removed rows (n) with 1 for each unit that goes
 * @param {string | import("./perturbations.js").Perturbation} perturbation a name of `PERTURBATIONS`, or one of one's own
 * @param {(rows: number) => void} [report] is called after each pass
 * @returns {Promise<Float32Array[]>} (C) for each row
 */
export async function perturbedLogits(subject, removed, perturbation, report = () => {}) {
  const { of, inPlace = false } = typeof perturbation === "string" ? PERTURBATIONS[subject.layout][perturbation] : perturbation;
  const apply = of(subject.sample);
  const gone = removed.map((row) => subject.sample.tokenToUnit.reduce((count, unit) => count + row[unit], 0));
  const order = argsort(gone); // rows of like length together: little goes into padding
  /** @type {Float32Array[]} */
  const logits = new Array(removed.length);
  const { lanes } = subject;
  const isNothing = removed.length === 1 && !removed[0].includes(0); // which stays where it is under a shift
  await sideBySide(evenParts(order, rowsPerPass(subject), lanes), lanes + 1, async (rows) => {
    const found = await subject.logitsOf(
      Array.from(rows, (row) => apply(removed[row])),
      inPlace && !isNothing,
    );
    rows.forEach((row, place) => (logits[row] = found[place]));
    report(rows.length);
  });
  return logits;
}

/** Return parts of a list with at most so many entries each, and as many parts as there are lanes. @param {Int32Array} list @param {number} most @param {number} lanes */
function evenParts(list, most, lanes) {
  const size = Math.min(most, Math.ceil(list.length / lanes));
  return Array.from({ length: Math.ceil(list.length / size) || 0 }, (_, part) => list.subarray(part * size, (part + 1) * size));
}

/** Return the most variants of an input that one pass takes. @param {import("./subject.js").Subject} subject */
function rowsPerPass({ layout, sample }) {
  return layout === "grid" ? PHOTOS_PER_PASS : Math.max(1, Math.floor(STEPS_PER_PASS / sample.steps));
}

/** Return rows that each take out one of some units alone. @param {number} count */
export function eachAlone(count) {
  return Array.from({ length: count }, (_, unit) => without(count, [unit]));
}

/** Return a row that takes units out. @param {number} count of all @param {Iterable<number>} units */
export function without(count, units) {
  const row = new Uint8Array(count);
  for (const unit of units) row[unit] = 1;
  return row;
}
