/** Computation of an attribution by the name of its method, with checks before and after, see `compute.py`. */

import { InputError } from "../errors.js";
import { cut, quoted } from "../format.js";
import { METHODS, traitsOf } from "./registry.js";

/** A method that could not do its work. The message names it and the reason. */
export class MethodError extends Error {}

/**
 * Score the words or cells of an input by their share in the logit of a class.
 * @param {import("../subject.js").Subject} subject
 * @param {{method: string, target: number, options?: Record<string, string>, seed?: number, report?: (share: number) => void}} request
 *   what `report` throws ends the method
 * @returns {Promise<{method: string, target: number, scores: number[], gap: number | null, warnings: string[],
 *   seed: number | null, biasRelevance: number | null}>}
 * @throws {InputError} for a method or an option that is unknown or does not fit the input
 * @throws {MethodError} where the method fails, or gives scores that are not finite
 */
export async function compute(subject, { method, target, options = {}, seed = 0, report = () => {} }) {
  const { name, notices } = currentName(subject.model, method);
  const traits = checked(subject.model, name, options);
  const chosen = Object.fromEntries(Object.entries(traits.options).map(([name, [usual]]) => [name, options[name] ?? usual]));
  const relay = new Relay(report);
  const found = await METHODS[name](subject, { target, report: relay.report, seed, options: chosen }).catch((error) => {
    if (error instanceof InputError || error === relay.thrown) throw error;
    throw new MethodError(`${name} failed: ${error.message || error.name}`);
  });
  const scores = Array.from(found.scores, Math.fround);
  if (!scores.every(Number.isFinite)) throw new MethodError(`${name} failed: it returned scores that are not finite`);
  return {
    method: name,
    target,
    scores,
    gap: found.gap ?? null,
    warnings: [...notices, ...(found.warnings ?? [])],
    seed: traits.draws ? seed : null,
    biasRelevance: found.biasRelevance ?? null,
  };
}

/** Relay of reports, which remembers what their receiver throws: it is none of the method's errors. */
class Relay {
  /** @param {(share: number) => void} receiver */
  constructor(receiver) {
    /** @type {unknown} */
    this.thrown = undefined;
    this.report = (/** @type {number} */ share) => {
      try {
        receiver(share);
      } catch (error) {
        this.thrown = error;
        throw error;
      }
    };
  }
}

/** Return the id that an alias stands for, any other as it is, and a notice for an alias. */
function currentName(/** @type {import("../model.js").LocalModel} */ model, /** @type {string} */ method) {
  const aliases = model.facts.method_aliases;
  if (!Object.hasOwn(aliases, method)) return { name: method, notices: [] };
  return { name: aliases[method], notices: [`'${method}' is now called ${aliases[method]}.`] };
}

/** Return the traits of a method that fits. */
function checked(
  /** @type {import("../model.js").LocalModel} */ model,
  /** @type {string} */ name,
  /** @type {Record<string, string>} */ options,
) {
  const traits = traitsOf(model, name);
  if (!traits) {
    const names = model.facts.methods.map((/** @type {{name: string}} */ method) => method.name);
    throw new InputError(`There is no method ${quoted(cut(name, 60))} for this input: there is ${names.join(", ")}.`);
  }
  const offered = Object.keys(traits.options);
  for (const [option, value] of Object.entries(options)) {
    if (!offered.includes(option)) {
      const has = offered.length ? `it has ${offered.join(", ")}` : "it has none";
      throw new InputError(`The method ${name} has no option ${quoted(cut(option, 60))}: ${has}.`);
    }
    const values = traits.options[option];
    if (!values.includes(value)) {
      throw new InputError(`The option ${option} of ${name} cannot be ${quoted(cut(value, 60))}: it is one of ${values.join(", ")}.`);
    }
  }
  if (!traits.in_browser) {
    throw new InputError(`${traits.title} cannot be computed in the browser: choose another method.`);
  }
  return traits;
}
