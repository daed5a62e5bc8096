/** Steps on a document beside further sections, see `api/steps.py`. Each yields the sections that change, or an answer. */

import { ablateUnits, checkReplacement, findCounterfactual, replaceWord } from "./edits.js";
import { InputError } from "./errors.js";
import { searchPattern } from "./pattern_search.js";
import { textIn, unitsIn } from "./requests.js";

const LARGEST = 1e9; // threshold: states are smaller by far
const MOST_TEXTS = 50; // that a visitor may have searched at once

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {object} Analyst what a step needs of the engine
 * @property {(document: any, report: (share: number) => void) => Promise<Context>} contextOf reads the input of a document again
 * @property {(document: any, section: string, report: (share: number) => void) => Promise<Record<string, any>>} fill returns the sections
 *   of a document that change when one of them is filled
 * @property {(model: import("./model.js").LocalModel, text: string) => Context} read reads another text; throws InputError
 * @property {(context: Context) => Promise<any>} predict returns the section "prediction"
 * @property {(context: Context) => Promise<import("./pattern_search.js").Quantities>} quantities returns what the recurrences hold
 * @property {(model: import("./model.js").LocalModel) => string[]} examples returns the examples on the cards of a text model's family
 *
 * @typedef {(analyst: Analyst, document: any, step: any, report: (share: number) => void) => AsyncGenerator<Record<string, any>>} Step
 */

/** Remove words or cells. @type {Step} */
async function* ablate(analyst, document, step, report) {
  const units = unitsIn(step);
  const perturbation = textIn(step, "perturbation") || null;
  const added = await attributionOf(analyst, document, report);
  const whole = { ...document, ...added };
  yield withEdit(document, added, await ablateUnits(await analyst.contextOf(whole, report), whole, units, perturbation));
}

/** Put another word in the place of one. @type {Step} */
async function* replace(analyst, document, step, report) {
  const units = unitsIn(step);
  if (units.length !== 1) throw new InputError(`Another word takes the place of one: choose a single word, not ${units.length}.`);
  const word = textIn(step, "word");
  checkReplacement(document, units[0], word);
  const added = await attributionOf(analyst, document, report);
  const { model } = await analyst.contextOf(document, report);
  const predict = async (/** @type {string} */ text) => analyst.predict(analyst.read(model, text));
  yield withEdit(document, added, await replaceWord(model.labels, { ...document, ...added }, units[0], word, predict));
}

/** Find the fewest words or cells whose removal changes the label. @type {Step} */
async function* counterfactual(analyst, document, step, report) {
  const perturbation = textIn(step, "perturbation") || null;
  const context = await analyst.contextOf(document, report);
  yield withEdit(document, {}, await findCounterfactual(context, document, perturbation, report));
}

/** Find the stretches of other texts during which the same recurrent units stay beyond a threshold. @type {Step} */
async function* patternSearch(analyst, document, step, report) {
  const { pattern, start, texts } = patternIn(step);
  if (document.input.layout !== "sequence") throw new InputError("Only texts can be searched.");
  const context = await analyst.contextOf(document, report);
  yield await searchPattern({
    context,
    quantitiesOf: analyst.quantities,
    contextOf: (text) => analyst.read(context.model, text),
    pattern,
    start,
    texts: [...analyst.examples(context.model), ...texts],
    report,
  });
}

/** @type {Record<string, Step>} */
export const STEPS = { ablation: ablate, replacement: replace, counterfactual, "pattern-search": patternSearch };

/** Return the sections that change where a document gets an attribution; none where it has one. */
function attributionOf(/** @type {Analyst} */ analyst, /** @type {any} */ document, /** @type {(share: number) => void} */ report) {
  return document.attribution ? {} : analyst.fill(document, "attribution", report);
}

/** Return the sections that change with one more edit. @param {any} document @param {Record<string, any>} added @param {any} edit */
function withEdit(document, added, edit) {
  return { ...added, edits: [...(document.edits ?? []), edit] };
}

/** Return the pattern of a step, where it was found, and the texts to be searched. @param {any} step */
function patternIn(step) {
  const units = unitsIn(step);
  const { signs, start, steps, direction, threshold } = step;
  const texts = step.texts || [];
  if (!Array.isArray(signs) || signs.length !== units.length || !signs.every((sign) => sign === 1 || sign === -1)) {
    throw new InputError("signs must be a list of 1 and -1, one for each unit.");
  }
  if (!Array.isArray(texts) || texts.length > MOST_TEXTS || !texts.every((text) => typeof text === "string")) {
    throw new InputError(`texts must be a list of at most ${MOST_TEXTS} texts.`);
  }
  if (![start, steps, direction].every(Number.isInteger) || steps < 1) {
    throw new InputError("start, steps and direction must be whole numbers.");
  }
  if (typeof threshold !== "number" || !(0 < threshold && threshold < LARGEST)) {
    throw new InputError("threshold must be a number above 0.");
  }
  const signOf = new Map(units.map((unit, place) => [unit, signs[place]]));
  const names = { recurrence: textIn(step, "recurrence"), quantity: textIn(step, "quantity") };
  return { pattern: { ...names, direction, signs: signOf, threshold, steps }, start, texts };
}
