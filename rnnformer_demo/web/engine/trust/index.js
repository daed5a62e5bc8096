/** The section "trust" of the document: how far an attribution can be trusted, measured on its input, see `assessment.py`. */

import { traitsOf } from "../attribution/registry.js";
import { Temperature } from "../confidence.js";
import { Subject } from "../subject.js";
import { PERTURBATIONS } from "../perturbations.js";
import { agreement, others, takesSeconds } from "./agreement.js";
import { MAX_LEAVE_ONE_OUT, perturbationCurves } from "./faithfulness.js";
import { shapleyOfOrders } from "./shapley.js";
import { infidelity, maxSensitivity } from "./stability.js";
import { conclude } from "./verdict.js";

const STABILITY = 0.15; // share of the work that is done when this is measured
const FAITHFULNESS = 0.9;

/**
 * Measure faithfulness, stability and agreement of the document's attribution, and conclude.
 * @param {import("../context.js").Context} context
 * @param {any} attribution the section
 * @param {boolean | null} [inDomain] false where the input is out of distribution, null where that is unknown
 */
export async function assess(context, attribution, inDomain = null) {
  const started = performance.now();
  const { model, sample, seed, report } = context;
  const subject = new Subject(context);
  const explanation = { ...attribution, target: model.labels.indexOf(attribution.target) };
  const { scores, completeness_gap: gap, method } = explanation;
  const traits = /** @type {import("../attribution/registry.js").Traits} */ (traitsOf(model, method));
  // Max-sensitivity repeats the attribution: that takes long on long texts.
  const slow = takesSeconds(traits, subject) || (traits.integrates && scores.length > MAX_LEAVE_ONE_OUT);
  const sensitivity = slow ? null : await maxSensitivity(subject, explanation, seed);
  report(STABILITY);

  const temperature = new Temperature(model.facts.temperature);
  const confidence = (/** @type {Float32Array} */ logits) => Math.fround(temperature.probabilities(logits, sample.steps)[explanation.target]);
  let done = 0;
  const curves = perturbationCurves(subject, confidence, seed, (rows) => {
    done += rows;
    report(STABILITY + (FAITHFULNESS - STABILITY) * Math.min(1, done / expected));
  });
  const expected = Object.values(curves).reduce((total, along) => total + along.mostRows, 0);
  const findings = { units: scores.length, gap, sensitivity, inDomain };
  const { perturbations, verdict, reasons } = await conclude(curves, scores, findings);
  report(FAITHFULNESS);
  const error = await infidelity(subject, explanation, Object.keys(PERTURBATIONS[subject.layout])[0], seed);
  const [usual] = Object.keys(perturbations);
  const shapley = usual ? await shapleyOfOrders(curves[usual], perturbations[usual].orders / 2, scores) : null;
  const agreeing = scores.length > 1 ? await agreement(subject, explanation, seed) : {};
  report(1);
  return {
    method,
    target: attribution.target,
    verdict,
    reasons,
    perturbations,
    completeness_gap: gap,
    max_sensitivity: sensitivity,
    infidelity: error,
    agreement: agreeing,
    seed,
    seconds: (performance.now() - started) / 1000,
    benchmark: traits.benchmark,
    left_out: leftOut(subject, method, slow),
    shapley,
  };
}

/**
 * Return a sentence for each measurement that would take too long on this input.
 * @param {Subject} subject @param {string} method @param {boolean} slow whether the method itself is too slow to be repeated
 */
function leftOut(subject, method, slow) {
  const { units } = subject;
  const said = [];
  if (units < 2) return said;
  if (units > MAX_LEAVE_ONE_OUT) {
    said.push(
      `With ${units} parts, the best and the worst order were not searched for by taking out each part alone: ` +
        "normalised values lie between the worst and the best random order.",
    );
  }
  if (slow) said.push(`Max-sensitivity was not measured: ${method} takes seconds here and would have to run several times.`);
  const tooSlow = others(subject, method).slow;
  if (tooSlow.length) said.push(`Not compared with ${tooSlow.join(", ")}: that would take seconds here.`);
  return said;
}
