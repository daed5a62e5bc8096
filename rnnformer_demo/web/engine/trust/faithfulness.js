/** Faithfulness: the prediction while units go in the order of their scores, beside random orders, see `faithfulness.py`. */

import { rounded } from "../format.js";
import { argsort, roundEven } from "../numbers.js";
import { eachAlone, perturbedLogits, without } from "../perturb.js";
import { PERTURBATIONS } from "../perturbations.js";
import { Generator } from "../random.js";
import { exactInterval } from "./interval.js";

/** Shares of the units that go first; symmetric, so that a reverse order needs no runs of its own. */
const SHARES = { sequence: [0.1, 0.3, 0.5, 0.7, 0.9], grid: [0.3, 0.7] };
export const STAGES = [10, 37, 74, 148, 296]; // numbers of pairs of random orders to try in turn
const MOST_STEPS = { sequence: 200_000, grid: 10_000 }; // tokens or cells that one perturbation may run through the model
export const MIN_EFFECT = 0.02; // of probability: what differs by less decides nothing
export const MAX_LEAVE_ONE_OUT = 128; // units: of more it would take long to take out each alone
const CONTROL_QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]; // of the random orders' values, kept beside the measure

/**
 * @typedef {object} RankedScore a measure among random orders, see `document/sections/trust.py`
 * @property {number} value @property {number | null} normalised @property {number} percentile @property {number[]} controls
 * @property {number} outdone @property {[number, number]} outdone_interval
 *
 * @typedef {object} Faithfulness under one perturbation, see there
 * @property {RankedScore} comprehensiveness @property {RankedScore} sufficiency
 * @property {RankedScore} deletion_auc @property {RankedScore} insertion_auc
 * @property {number} orders @property {number[]} shares @property {number[]} deletion @property {number[]} insertion
 */

/**
 * Draw permutations, each followed by its reverse; the first ones are those of fewer pairs.
 * @param {number} units @param {number} pairs @param {number} seed
 */
export function randomOrders(units, pairs, seed) {
  const generator = new Generator(seed);
  const orders = Array.from({ length: pairs }, () => generator.randperm(units));
  return orders.flatMap((order) => [order, order.toReversed()]);
}

/**
 * Return the curves of an input, by perturbation; none for a single unit, which has no order.
 * @param {import("../subject.js").Subject} subject @param {(logits: Float32Array) => number} confidence probability of the explained class
 * @param {number} seed @param {(rows: number) => void} report is called with the number of variants after each pass
 * @returns {Record<string, PerturbationCurves>}
 */
export function perturbationCurves(subject, confidence, seed, report) {
  if (subject.units < 2) return {};
  const names = Object.keys(PERTURBATIONS[subject.layout]);
  return Object.fromEntries(names.map((name) => [name, new PerturbationCurves(subject, name, confidence, seed, report)]));
}

/**
 * Measure scores under each perturbation among more and more random orders, until that decides.
 * @param {Record<string, PerturbationCurves>} curves @param {ArrayLike<number>} scores
 * @param {(found: Record<string, Faithfulness>) => boolean} decided
 */
export async function measureUntil(curves, scores, decided) {
  /** @type {Record<string, Faithfulness>} */
  let measured = {};
  for (const pairs of Object.values(curves)[0]?.stages ?? []) {
    const each = Object.entries(curves).map(async ([name, along]) => [name, await along.measure(scores, pairs)]);
    measured = Object.fromEntries(await Promise.all(each));
    if (decided(measured)) break;
  }
  return measured;
}

/** The prediction of one input along many orders in which its units go. No variant of the input is run twice. */
export class PerturbationCurves {
  /**
   * @param {import("../subject.js").Subject} subject @param {string} perturbation @param {(logits: Float32Array) => number} confidence
   * @param {number} seed @param {(rows: number) => void} report see `perturbationCurves`
   */
  constructor(subject, perturbation, confidence, seed, report) {
    this.count = subject.units;
    this.seed = seed;
    const half = SHARES[subject.layout].map((share) => Math.min(Math.max(1, roundEven(share * this.count)), this.count - 1));
    const inner = new Set([...half, ...half.map((size) => this.count - size)]);
    /** Numbers of units that have gone where the prediction is looked at. @type {number[]} */
    this.sizes = [0, ...[...inner].sort((a, b) => a - b), this.count];
    const most = MOST_STEPS[subject.layout] / (subject.sample.steps * 2 * (this.sizes.length - 2));
    /** Those of `STAGES` that stay within `MOST_STEPS`, and the first two whatever they take. */
    this.stages = STAGES.filter((pairs, place) => place < 2 || pairs <= most);
    /** The number of variants that the last stage and one measurement take. */
    this.mostRows = this.count + 1 + (2 * /** @type {number} */ (this.stages.at(-1)) + 4) * (this.sizes.length - 2);
    this.run = async (/** @type {Uint8Array[]} */ removed) => (await perturbedLogits(subject, removed, perturbation, report)).map(confidence);
    /** @type {Map<string, number>} */
    this.known = new Map();
  }

  /** Return the fall of the explained class's probability when each unit goes alone, (n). */
  async leaveOneOut() {
    const [whole, ...each] = await this.#probabilities([without(this.count, []), ...eachAlone(this.count)]);
    return each.map((share) => Math.fround(whole - share));
  }

  /**
   * Return the sets of units that stay along random orders, and the probabilities that they leave: of all units, of none,
   * then of pairs of a set and its complement.
   * @param {number} pairs
   */
  async coalitions(pairs) {
    const orders = randomOrders(this.count, pairs, this.seed);
    const sizes = this.sizes.slice(1, -1);
    const removed = [without(this.count, []), new Uint8Array(this.count).fill(1)];
    for (let pair = 0; pair < pairs; pair += 1) {
      const [there, back] = [orders[2 * pair], orders[2 * pair + 1]];
      sizes.forEach((size, place) => {
        const left = /** @type {number} */ (sizes.at(-1 - place)); // the reverse loses what stayed
        removed.push(without(this.count, there.subarray(0, size)), without(this.count, back.subarray(0, left)));
      });
    }
    return { coalitions: removed.map((row) => row.map((gone) => 1 - gone)), shares: await this.#probabilities(removed) };
  }

  /**
   * Measure the faithfulness of scores, one for each unit: the highest goes first. The best and the worst order are sought
   * among those by the fall that each unit alone causes, too, unless there are more than `MAX_LEAVE_ONE_OUT`.
   * @param {ArrayLike<number>} scores @param {number} pairs of random orders
   * @returns {Promise<Faithfulness>}
   */
  async measure(scores, pairs) {
    const orders = [...bothWays(scores), ...randomOrders(this.count, pairs, this.seed)];
    if (this.count <= MAX_LEAVE_ONE_OUT) orders.push(...bothWays(await this.leaveOneOut()));
    const curves = await this.#along(orders);
    // A row's reverse is its neighbour: the units that stay when so many have gone are those its reverse has lost.
    const staying = curves.map((_, row) => curves[row ^ 1].toReversed());
    const early = [...this.sizes.keys()].filter((place) => 0 < 2 * this.sizes[place] && 2 * this.sizes[place] <= this.count);
    const shares = this.sizes.map((size) => Math.fround(size / this.count));
    const falls = (/** @type {number[][]} */ rows) => rows.map((row, place) => meanFall(curves[place][0], row, early));
    const areas = (/** @type {number[][]} */ rows) => rows.map((row) => areaUnder(row, shares));
    return {
      comprehensiveness: ranked(falls(curves), 1, 2 * pairs),
      sufficiency: ranked(falls(staying), -1, 2 * pairs),
      deletion_auc: ranked(areas(curves), -1, 2 * pairs),
      insertion_auc: ranked(areas(staying), 1, 2 * pairs),
      orders: 2 * pairs,
      shares,
      deletion: curves[0],
      insertion: staying[0],
    };
  }

  /** Return the probabilities along each order, when so many units as each of the sizes tells have gone. @param {Int32Array[]} orders */
  async #along(orders) {
    const removed = orders.flatMap((order) => this.sizes.map((size) => without(this.count, order.subarray(0, size))));
    const found = await this.#probabilities(removed);
    return orders.map((_, row) => found.slice(row * this.sizes.length, (row + 1) * this.sizes.length));
  }

  /** Return the probability without the units of each row. @param {Uint8Array[]} removed */
  async #probabilities(removed) {
    const keys = removed.map((row) => String.fromCharCode(...row));
    /** @type {Map<string, Uint8Array>} */
    const unknown = new Map();
    keys.forEach((key, place) => this.known.has(key) || unknown.set(key, removed[place]));
    const found = await this.run([...unknown.values()]);
    [...unknown.keys()].forEach((key, place) => this.known.set(key, found[place]));
    return keys.map((key) => /** @type {number} */ (this.known.get(key)));
  }
}

/** Return both orders of the units: the highest score first, then the lowest first. @param {ArrayLike<number>} scores */
function bothWays(scores) {
  const order = argsort(scores, true);
  return [order, order.toReversed()];
}

/** Return the mean fall from the whole input's probability at some places of a curve. */
function meanFall(/** @type {number} */ whole, /** @type {number[]} */ curve, /** @type {number[]} */ places) {
  return Math.fround(places.reduce((total, place) => total + Math.fround(whole - curve[place]), 0) / places.length);
}

/** Return the area under a curve. @param {number[]} curve @param {number[]} shares */
function areaUnder(curve, shares) {
  let area = 0;
  for (let place = 1; place < curve.length; place += 1) area += ((shares[place] - shares[place - 1]) * (curve[place] + curve[place - 1])) / 2;
  return Math.fround(area);
}

/**
 * Rank the first of some orders' values among the others: its own reverse, random ones, and those of the search.
 * @param {number[]} values of a measure, one for each order @param {1 | -1} sign 1 where high is good @param {number} orders number of random ones
 * @returns {RankedScore}
 */
export function ranked(values, sign, orders) {
  const good = values.map((value) => sign * value);
  const random = good.slice(2, 2 + orders);
  const [worst, best] = [Math.min(...good), Math.max(...good)];
  const below = random.filter((value) => value < good[0]).length / orders;
  const same = random.filter((value) => value === good[0]).length / orders;
  const limit = Math.fround(good[0] + Math.fround(MIN_EFFECT));
  const better = random.filter((value) => value > limit).length;
  return {
    value: values[0],
    normalised: best > worst ? Math.fround(Math.fround(good[0] - worst) / Math.fround(best - worst)) : null,
    percentile: rounded(100 * (below + same / 2), 1),
    controls: quantiles(values.slice(2, 2 + orders)),
    outdone: better / orders,
    outdone_interval: exactInterval(better, orders),
  };
}

/** Return the values at `CONTROL_QUANTILES`. @param {number[]} values */
function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return CONTROL_QUANTILES.map((share) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return rounded(sorted[below] + (place - below) * (sorted[above] - sorted[below]), 4);
  });
}
