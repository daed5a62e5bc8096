/** The verdict in words on the measures of an explanation, see `verdict.py`. The thresholds stand here and nowhere else. */

import { fixed, percent } from "../format.js";
import { measureUntil, MIN_EFFECT } from "./faithfulness.js";

export const VERDICTS = ["trust", "with care", "don't", "undecided"];
// Shares of all random orders that do better by more than `MIN_EFFECT`:
const OUTDONE = 0.05; // the most of a trusted explanation, under every removal
const GUIDED = 0.25; // the most of one that is a guide at all
const GAP = 0.01; // completeness gap of a trusted explanation
const LARGE_GAP = 0.1; // and one above which its numbers are off
const SENSITIVITY = 0.5; // relative change of the scores under a small move of the input
const FEWEST_UNITS = 4; // with fewer, every order is like many others
const POINTS = `${fixed(100 * MIN_EFFECT, 0)} points`;

/**
 * @typedef {Record<string, import("./faithfulness.js").Faithfulness>} Perturbations by name; empty where there are too few units
 * @typedef {object} Findings what is known of an explanation beside its faithfulness
 * @property {number} units number of words or patches
 * @property {number | null} gap completeness gap, null where none is promised
 * @property {number | null} sensitivity null where it was not measured
 * @property {boolean | null} inDomain false where the input is out of distribution, null where that is unknown
 *
 * @typedef {object} Question whether more than a share of all random orders outdo an explanation
 * @property {string} name of the perturbation @property {string} what is done to the input @property {number} limit that share
 * @property {import("./faithfulness.js").RankedScore} measure @property {number} orders
 */

/**
 * Measure the faithfulness of scores among as many random orders as the verdict takes, and conclude.
 * @param {Record<string, import("./faithfulness.js").PerturbationCurves>} curves @param {ArrayLike<number>} scores @param {Findings} findings
 */
export async function conclude(curves, scores, findings) {
  const perturbations = await measureUntil(curves, scores, (found) => possibleVerdicts(found, findings).length === 1);
  return { perturbations, ...verdict(perturbations, findings) };
}

/**
 * Return the verdict, and a sentence for each reason.
 * @param {Perturbations} perturbations @param {Findings} findings @returns {{verdict: string, reasons: string[]}}
 */
export function verdict(perturbations, findings) {
  const possible = possibleVerdicts(perturbations, findings);
  if (possible.length > 1) {
    const open = questions(perturbations).filter((question) => answer(question) === null);
    const between = possible.map((each) => `“${each}”`).join(" and ");
    return { verdict: VERDICTS[3], reasons: [`It is undecided between ${between}.`, ...open.map(sentence)] };
  }
  const [conclusion] = possible;
  if (conclusion === VERDICTS[0]) {
    const measured = Object.values(perturbations);
    const lowest = Math.min(...measured.map((removed) => removed.comprehensiveness.percentile));
    const reason =
      `Taking out what it marks changes the prediction more than ${fixed(lowest, 0)} % of ${measured[0].orders} random orders do, ` +
      `whichever way it is taken out (${Object.keys(perturbations).join(", ")}).`;
    return { verdict: conclusion, reasons: [reason] };
  }
  if (conclusion === VERDICTS[2]) {
    return { verdict: conclusion, reasons: [...outdone(perturbations, GUIDED), ...largeGap(findings)] };
  }
  return { verdict: conclusion, reasons: [...cares(perturbations, findings), ...outdone(perturbations, OUTDONE)] };
}

/**
 * Return the verdicts between which the random orders that were drawn leave the choice, the best one first.
 * @param {Perturbations} perturbations @param {Findings} findings @returns {string[]}
 */
export function possibleVerdicts(perturbations, findings) {
  const answers = (/** @type {number} */ limit) => questions(perturbations).filter((each) => each.limit === limit).map(answer);
  const guided = answers(GUIDED);
  if (guided.includes(true) || largeGap(findings).length) return [VERDICTS[2]];
  const refused = guided.includes(null) ? [VERDICTS[2]] : [];
  const convincing = answers(OUTDONE);
  if (convincing.includes(true) || cares(perturbations, findings).length) return [VERDICTS[1], ...refused];
  return [VERDICTS[0], ...(convincing.includes(null) ? [VERDICTS[1]] : []), ...refused];
}

/** @param {Perturbations} perturbations @returns {Question[]} */
function questions(perturbations) {
  const goes = "what it marks goes";
  return Object.entries(perturbations).flatMap(([name, { comprehensiveness, sufficiency, orders }]) => [
    { name, what: goes, limit: GUIDED, measure: comprehensiveness, orders },
    { name, what: goes, limit: OUTDONE, measure: comprehensiveness, orders },
    { name, what: "only what it marks stays", limit: OUTDONE, measure: sufficiency, orders },
  ]);
}

/** Return whether they do by the 95 % interval; null where it holds both answers. @param {Question} question */
function answer({ measure, limit }) {
  const [low, high] = measure.outdone_interval;
  return low > limit ? true : high <= limit ? false : null;
}

/** Return a sentence for each question about a share to which the answer is yes. @param {Perturbations} perturbations @param {number} limit */
function outdone(perturbations, limit) {
  return questions(perturbations)
    .filter((question) => question.limit === limit && answer(question))
    .map(sentence);
}

/** @param {Question} question */
function sentence({ name, what, limit, measure, orders }) {
  const [low, high] = measure.outdone_interval;
  return (
    `When ${what} (${name}), ${percent(measure.outdone)} of ${orders} random orders do better by ${POINTS} ` +
    `(of all, ${percent(low)} to ${percent(high)}); ${percent(limit)} is the most.`
  );
}

/** @param {Findings} findings */
function largeGap({ gap }) {
  if (gap === null || gap <= LARGE_GAP) return [];
  return [`Its scores miss the change of the logit by ${percent(gap)}, more than ${percent(LARGE_GAP)}.`];
}

/** Return a sentence for each doubt that no random order can settle. @param {Perturbations} perturbations @param {Findings} findings */
function cares(perturbations, { units, gap, sensitivity, inDomain }) {
  const found = [];
  if (units < FEWEST_UNITS) {
    found.push(`With ${units} part${units === 1 ? "" : "s"} there are too few orders to tell a good one from chance.`);
  }
  for (const [name, { comprehensiveness: measure }] of Object.entries(perturbations)) {
    const middle = measure.controls[Math.floor(measure.controls.length / 2)];
    if (measure.value - middle < MIN_EFFECT) {
      found.push(
        `Taking out what it marks (${name}) changes the prediction by ${fixed(measure.value, 2)}, a random order by ` +
          `${fixed(middle, 2)}: where they differ by less than ${POINTS}, there is nothing to be told apart.`,
      );
    }
  }
  if (gap !== null && gap > GAP) found.push(`Its scores miss the change of the logit by ${percent(gap, 1)}, more than ${percent(GAP)}.`);
  if (sensitivity !== null && sensitivity > SENSITIVITY) {
    found.push(`A move of the input by 2 % changes its scores by ${percent(sensitivity)} of their size.`);
  }
  if (inDomain === false) {
    found.push("The input is not like what the model was trained on: a true picture of its answer is no sign that it is right.");
  }
  return found;
}
