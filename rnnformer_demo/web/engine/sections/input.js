/** The sections that every document has: input and prediction, see `analysis/core.py`. */

import { Detector, OOD_PREFIX, Temperature } from "../confidence.js";
import { argmax } from "../numbers.js";
import { readTensors, unpacked } from "../safetensors.js";

/** @typedef {import("../context.js").Context} Context */

/**
 * Return the input as it was read.
 * @param {import("../context.js").Sample} sample @param {{source: string | null, image: string | null}} also the typed text, and a photo's square as base64 of a PNG
 */
export function inputOf({ unitNames, spans, tokenToUnit, grid, display, warnings, box }, { source, image }) {
  const units = unitNames.map((name, index) => ({
    name,
    span: grid ? null : [...spans[index]],
    cell: grid ? [Math.floor(index / grid[1]), index % grid[1]] : null,
  }));
  return {
    layout: grid ? "grid" : "sequence",
    units,
    token_to_unit: [...tokenToUnit],
    text: grid ? null : display,
    image,
    grid: grid ? [...grid] : null,
    source,
    warnings: [...warnings],
    box: box ?? null,
  };
}

/** Return the calibrated probabilities and the out-of-distribution score of an input. @param {Context} context */
export async function predictionOf(context) {
  const { model, sample } = context;
  const outputs = await context.outputs();
  const logits = Array.from(outputs.logits.data);
  const temperature = new Temperature(model.facts.temperature);
  const shares = temperature.probabilities(logits, sample.steps);
  const best = argmax(shares);
  return {
    label: model.labels[best],
    confidence: shares[best],
    probabilities: Object.fromEntries(model.labels.map((label, index) => [label, shares[index]])),
    logits,
    temperature: temperature.at(sample.steps),
    latency_ms: context.milliseconds,
    ood: outOfDistribution(context, outputs),
  };
}

/** @type {WeakMap<import("../model.js").LocalModel, Detector>} */
const detectors = new WeakMap();

/** @param {Context} context @param {Record<string, import("../programs.js").Values>} outputs */
function outOfDistribution({ model, sample }, outputs) {
  if (!model.facts.ood) return null;
  const detector = detectors.get(model) ?? detectorOf(model);
  detectors.set(model, detector);
  const score = detector.score(outputs, sample.steps);
  const foreign = sample.normalised ? (model.writing?.notice(sample.normalised) ?? "") : "";
  const message = foreign || (score <= 1 ? "" : model.facts.out_of_domain);
  return { score, in_domain: !message, detector: detector.about, message };
}

/** @param {import("../model.js").LocalModel} model */
function detectorOf(model) {
  return new Detector(model.facts.ood, unpacked(readTensors(model.weights, (name) => name.startsWith(OOD_PREFIX))));
}
