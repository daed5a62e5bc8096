/** Edits of an input: units removed or a word replaced, forecast beside outcome, and minimal counterfactuals, see `edits.py`. */

import { Temperature } from "./confidence.js";
import { minimalCounterfactual, removalCheck } from "./counterfactual.js";
import { InputError } from "./errors.js";
import { cut, quoted, stripped, written } from "./format.js";
import { argmax } from "./numbers.js";
import { PERTURBATIONS } from "./perturbations.js";
import { Subject } from "./subject.js";

const MOST_VARIANTS = { sequence: 2500, grid: 400 }; // that a search may try: some seconds

/** @typedef {import("./context.js").Context} Context */

/**
 * Remove words or cells. Return the edit.
 * @param {Context} context @param {any} document with its attribution @param {number[]} units their indices, counted from 0
 * @param {string | null} perturbation a name of `PERTURBATIONS`; the usual one by default
 * @throws {InputError} for units or a perturbation that are not there
 */
export async function ablateUnits(context, document, units, perturbation) {
  const operation = checked(context, perturbation);
  const chosen = [...new Set(units)].sort((a, b) => a - b);
  const count = document.input.units.length;
  if (!chosen.length) throw new InputError("Nothing is chosen yet: choose the words or cells that are to go.");
  if (chosen[0] < 0 || chosen[chosen.length - 1] >= count) {
    throw new InputError(`There are ${count} words or cells: there is none beyond them.`);
  }
  const check = await removalCheck(new Subject(context), explanationOf(context, document), chosen, operation);
  const { labels, facts } = context.model;
  const shares = new Temperature(facts.temperature).probabilities(check.logits, context.sample.steps).map(Math.fround);
  return edit(document, {
    kind: "ablation",
    units: chosen,
    operation,
    after: labels[argmax(shares)],
    probabilities: Object.fromEntries(labels.map((label, index) => [label, shares[index]])),
    target: document.attribution.target,
    forecast: check.forecast,
    measured: check.measured,
  });
}

/**
 * Put another word in the place of one; the forecast knows what goes, not what comes. Return the edit.
 * @param {string[]} labels of the model @param {any} document with its attribution
 * @param {number} unit index of the word, counted from 0 @param {string} word
 * @param {(text: string) => Promise<any>} predict returns the section "prediction" of another text
 * @throws {InputError} for a text that the model cannot read, see `checkReplacement` for others
 */
export async function replaceWord(labels, document, unit, word, predict) {
  const { input, prediction, attribution } = document;
  const [start, end] = input.units[unit].span;
  const signs = Array.from(input.text);
  const changed = await predict(`${signs.slice(0, start).join("")}${stripped(word)}${signs.slice(end).join("")}`);
  const index = labels.indexOf(attribution.target);
  return edit(document, {
    kind: "replacement",
    units: [unit],
    operation: stripped(word),
    after: changed.label,
    probabilities: changed.probabilities,
    target: attribution.target,
    forecast: -attribution.scores[unit],
    measured: changed.logits[index] - prediction.logits[index],
  });
}

/**
 * Refuse a word that cannot take the place of another.
 * @param {any} document @param {number} unit @param {string} word
 * @throws {InputError} where the input has no words, and for a word that is not there or empty
 */
export function checkReplacement({ input }, unit, word) {
  const count = input.units.length;
  if (input.layout !== "sequence") throw new InputError("Only words can be replaced: cover parts of a photo instead.");
  if (unit < 0 || unit >= count) throw new InputError(`There are ${count} words: there is none beyond them.`);
  if (!stripped(word)) throw new InputError("There is no new word yet: type one, or take the old one out.");
}

/**
 * Find the fewest words or cells whose removal changes the label. Return the edit.
 * @param {Context} context @param {any} document @param {string | null} perturbation a name of `PERTURBATIONS`; the usual one by default
 * @param {(share: number) => void} report
 * @throws {InputError} for a perturbation that is not there
 */
export async function findCounterfactual(context, document, perturbation, report) {
  const operation = checked(context, perturbation);
  const { layout, labels } = context.model;
  const found = await minimalCounterfactual(new Subject(context), operation, MOST_VARIANTS[layout], report);
  const after = found.label === null ? null : labels[found.label];
  return edit(document, { kind: "counterfactual", units: found.units, operation, after, exact: found.exact, evaluations: found.rows });
}

/** Return the document's attribution as an explanation. @param {Context} context @param {any} document */
function explanationOf({ model }, { attribution }) {
  return { scores: attribution.scores, target: model.labels.indexOf(attribution.target) };
}

/** Return an edit with all its fields, in the order of the document's. @param {any} document @param {Record<string, any>} fields */
function edit({ prediction }, { kind, units, operation, after, ...fields }) {
  const given = { probabilities: {}, target: null, forecast: null, measured: null, exact: null, evaluations: 1, ...fields };
  return { kind, units, operation, before: prediction.label, after, ...given };
}

/** Return the name of a perturbation. @param {Context} context @param {string | null} perturbation */
function checked({ model }, perturbation) {
  const names = Object.keys(PERTURBATIONS[model.layout]);
  if (perturbation === null) return names[0];
  if (!names.includes(perturbation)) {
    const given = quoted(cut(written(perturbation), 60));
    throw new InputError(`There is no perturbation ${given} for ${model.facts.model.name}: there is ${names.join(", ")}.`);
  }
  return perturbation;
}
