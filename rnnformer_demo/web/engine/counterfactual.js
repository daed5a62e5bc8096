/** Effects of removing units: the forecast of the scores beside the change, and the minimal counterfactual, see `counterfactual.py`. */

import { argmax, argsort, choose } from "./numbers.js";
import { perturbedLogits, without } from "./perturb.js";

// Units that the greedy search tries at each step: those that lower the label's margin most when removed alone.
const CANDIDATES = 24;

/** @typedef {import("./subject.js").Subject} Subject */

/**
 * Remove units from an input and compare the change of a class's logit with the one that scores forecast.
 * @param {Subject} subject @param {{target: number, scores: number[]}} explanation @param {number[]} units @param {string} perturbation
 * @returns {Promise<{forecast: number, measured: number, logits: Float32Array}>} logits are those without the units
 */
export async function removalCheck(subject, { target, scores }, units, perturbation) {
  const [before, after] = await perturbedLogits(subject, [without(subject.units, []), without(subject.units, units)], perturbation);
  const forecast = -Math.fround(units.reduce((total, unit) => total + scores[unit], 0));
  return { forecast, measured: Math.fround(after[target] - before[target]), logits: after };
}

/**
 * Search for the smallest set of units whose removal changes the label: greedily, then by all smaller sets, size by size,
 * while a size has no more than `mostRows` of them.
 * @param {Subject} subject @param {string} perturbation @param {number} mostRows that either search may try
 * @param {(share: number) => void} report
 * @returns {Promise<{units: number[], label: number | null, exact: boolean, rows: number}>} `exact` where it is certain that no
 *   smaller set does; no units and no label where no set was found
 */
export async function minimalCounterfactual(subject, perturbation, mostRows, report) {
  const search = await Search.of(subject, perturbation);
  const greedy = await search.greedy(mostRows, report);
  if (!greedy) return { units: [], label: null, exact: false, rows: search.rows };
  const pruned = await search.pruned(greedy);
  const { set, exact } = await search.smaller(pruned.length, mostRows, report);
  const units = set ?? pruned;
  report(1);
  const [logits] = await search.logits([units]);
  return { units, label: argmax(logits), exact, rows: search.rows };
}

/** Variants of one input, each a set of units that are removed. */
class Search {
  /** @param {Subject} subject @param {string} perturbation */
  constructor(subject, perturbation) {
    this.subject = subject;
    this.perturbation = perturbation;
    this.count = subject.units;
    this.rows = 0;
    this.label = -1;
  }

  /** @param {Subject} subject @param {string} perturbation */
  static async of(subject, perturbation) {
    const search = new Search(subject, perturbation);
    const [logits] = await search.logits([[]]);
    search.label = argmax(logits);
    return search;
  }

  /** Return the logits without each of some sets of units. @param {number[][]} sets */
  logits(sets) {
    this.rows += sets.length;
    return perturbedLogits(
      this.subject,
      sets.map((units) => without(this.count, units)),
      this.perturbation,
    );
  }

  /** Return the label's margin over the next class: below 0 it is no longer the label. @param {number[][]} sets */
  async margins(sets) {
    return (await this.logits(sets)).map((logits) => {
      const others = logits.filter((_, index) => index !== this.label);
      return Math.fround(logits[this.label] - Math.max(...others));
    });
  }

  /** Return units in the order of removal; null where the label stays, or so many rows are not enough. */
  async greedy(/** @type {number} */ mostRows, /** @type {(share: number) => void} */ report) {
    const alone = Array.from(argsort(await this.margins(Array.from({ length: this.count }, (_, unit) => [unit]))));
    /** @type {number[]} */
    const removed = [];
    while (removed.length < this.count && this.rows < mostRows) {
      const candidates = alone.filter((unit) => !removed.includes(unit)).slice(0, CANDIDATES);
      const margins = await this.margins(candidates.map((unit) => [...removed, unit]));
      const best = argsort(margins)[0];
      removed.push(candidates[best]);
      if (margins[best] < 0) return removed;
      report(0.5 * Math.min(1, this.rows / mostRows));
    }
    return null;
  }

  /** Return the units without those that are not needed. @param {number[]} removed */
  async pruned(removed) {
    let kept = removed;
    for (const unit of removed.toReversed()) {
      const rest = kept.filter((other) => other !== unit);
      if (rest.length && (await this.margins([rest]))[0] < 0) kept = rest;
    }
    return kept;
  }

  /**
   * Search for a set of fewer units that changes the label; exact where all sets smaller than the result were tried.
   * @param {number} size @param {number} mostRows @param {(share: number) => void} report
   * @returns {Promise<{set: number[] | null, exact: boolean}>}
   */
  async smaller(size, mostRows, report) {
    for (let fewer = 1; fewer < size; fewer += 1) {
      if (choose(this.count, fewer) > mostRows) return { set: null, exact: false };
      const sets = combinations(this.count, fewer);
      const margins = await this.margins(sets);
      report(0.5 + (0.5 * fewer) / size);
      const best = argsort(margins)[0];
      if (margins[best] < 0) return { set: sets[best], exact: true };
    }
    return { set: null, exact: true };
  }
}

/**
 * Return all sets of so many of the numbers from `first` to count - 1, in the order of their members.
 * @param {number} count @param {number} size @returns {number[][]}
 */
function combinations(count, size, first = 0) {
  if (!size) return [[]];
  const found = [];
  for (let unit = first; unit <= count - size; unit += 1) {
    found.push(...combinations(count, size - 1, unit + 1).map((rest) => [unit, ...rest]));
  }
  return found;
}
