/** The section "interventions": the prediction with attention or the recurrence made useless, see `interpret/interventions.py`. */

import { Temperature } from "../confidence.js";
import { argsort } from "../numbers.js";
import { Generator } from "../random.js";
import { rowsOf } from "../subject.js";

const PERMUTATIONS = 32; // of a short input
const FEWEST = 8; // and of a long one
const STEPS = 4096; // of all permutations together
const WEIGHTS_PER_PASS = 1_000_000; // attention weights of one layer that are permuted at once

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {object} Change what is intervened on, in a batch of so many rows
 * @property {number} [rows]
 * @property {(name: string) => number} [own] the share of its own weights that attention or pooling keeps
 * @property {(name: string, shape: number[]) => BigInt64Array | null} [order] where each weight comes from; null for its own place
 * @property {number} [recurrence] 0 where the recurrent blocks pass on what they read
 */

/** Return the explained class's probability, and how far the output moves, under each intervention. @param {Context} context @param {any} document */
export async function interventionsSection(context, document) {
  const { model, sample, seed } = context;
  const target = document.attribution?.target ?? document.prediction.label;
  const index = model.labels.indexOf(target);
  const temperature = new Temperature(model.facts.temperature);
  const sharesOf = (/** @type {ArrayLike<number>} */ logits) => temperature.probabilities(logits, sample.steps);
  const [original] = (await run(context, {})).map(sharesOf);
  /** @type {Record<string, number>} */
  const probability = { "as it is": original[index] };
  /** @type {Record<string, number>} */
  const moved = {};
  for (const [kind, rows] of Object.entries(await changes(context))) {
    const shares = rows.map(sharesOf);
    probability[kind] = shares.reduce((total, each) => total + each[index], 0) / shares.length;
    const distances = shares.map((each) => each.reduce((total, share, label) => total + Math.abs(share - original[label]), 0) / 2);
    moved[kind] = distances.sort((a, b) => a - b)[Math.floor((distances.length - 1) / 2)];
  }
  return { target, probability, total_variation: moved, seed };
}

/** Return the logits under each intervention that the model has parts for, one row for each permutation. @param {Context} context @returns {Promise<Record<string, Float32Array[]>>} */
async function changes(context) {
  const { facts } = context.model;
  const hasAttention = facts.hook_points.some((/** @type {any} */ point) => point.kind === "attention");
  const hasPooling = facts.config.pooling === "attention";
  const isPooling = (/** @type {string} */ name) => name === "pooling";
  /** @type {Record<string, Promise<Float32Array[]>>} */
  const found = {};
  if (hasAttention) {
    found["uniform attention"] = run(context, { own: (name) => Number(isPooling(name)) });
    found["permuted attention"] = permuted(context, (name) => !isPooling(name));
  }
  if (hasPooling) {
    found["uniform pooling"] = run(context, { own: (name) => Number(!isPooling(name)) });
    found["permuted pooling"] = permuted(context, isPooling);
  }
  if (facts.recurrences.length) found["without recurrence"] = run(context, { recurrence: 0 });
  const rows = await Promise.all(Object.values(found));
  return Object.fromEntries(Object.keys(found).map((kind, place) => [kind, rows[place]]));
}

/** Run with the weights of some parts permuted, each row by draws of its own. @param {Context} context @param {(name: string) => boolean} concerned */
async function permuted(context, concerned) {
  const { steps } = context.sample;
  const { heads } = context.model.facts.config;
  const count = Math.min(PERMUTATIONS, Math.max(FEWEST, Math.floor(STEPS / steps)));
  const most = Math.max(1, Math.floor(WEIGHTS_PER_PASS / (heads * steps * steps)));
  const generator = new Generator(context.seed);
  const rows = [];
  for (let done = 0; done < count; done += most) {
    const size = Math.min(most, count - done);
    const order = (/** @type {string} */ name, /** @type {number[]} */ shape) => (concerned(name) ? drawnOrder(generator, shape) : null);
    rows.push(...(await run(context, { rows: size, order })));
    context.report((done + size) / count);
  }
  return rows;
}

/** Draw an order of the last dimension for each row of weights. @param {Generator} generator @param {number[]} shape */
function drawnOrder(generator, shape) {
  const total = shape.reduce((product, size) => product * size, 1);
  const steps = shape[shape.length - 1];
  const keys = generator.rand(total);
  const order = new BigInt64Array(total);
  for (let start = 0; start < total; start += steps) {
    argsort(keys.subarray(start, start + steps)).forEach((from, place) => (order[start + place] = BigInt(from)));
  }
  return order;
}

/** Run the program. @param {Context} context @param {Change} change @returns {Promise<Float32Array[]>} */
async function run(context, { rows = 1, own = () => 1, order = () => null, recurrence = 1 }) {
  const { facts, programs } = context.model;
  const tokens = await context.tokens();
  const [, steps] = tokens.dims;
  const attention = facts.hook_points.filter((/** @type {any} */ point) => point.kind === "attention").map((/** @type {any} */ point) => point.name);
  const weights = [...attention, ...(facts.config.pooling === "attention" ? ["pooling"] : [])];
  /** @type {Record<string, import("../programs.js").Values>} */
  const feeds = { tokens: repeated(tokens, rows) };
  for (const name of weights) {
    const shape = name === "pooling" ? [rows, steps] : [rows, facts.config.heads, steps, steps];
    feeds[`order ${name}`] = { data: order(name, shape) ?? inPlace(shape), dims: shape };
    feeds[`own ${name}`] = { data: Float32Array.of(own(name)), dims: [] };
  }
  facts.config.blocks
    .filter((/** @type {string} */ kind) => kind === "recurrent")
    .forEach((/** @type {string} */ _, /** @type {number} */ number) => (feeds[`recurrence ${number + 1}`] = { data: Float32Array.of(recurrence), dims: [] }));
  return rowsOf((await programs.run("interventions", feeds)).logits);
}

/** @param {import("../programs.js").Values} tokens @param {number} rows */
function repeated({ data, dims: [, steps, width] }, rows) {
  const all = new Float32Array(rows * data.length);
  for (let row = 0; row < rows; row += 1) all.set(data, row * data.length);
  return { data: all, dims: [rows, steps, width] };
}

/** Return the order that leaves every weight where it is. @param {number[]} shape */
function inPlace(shape) {
  const total = shape.reduce((product, size) => product * size, 1);
  const steps = shape[shape.length - 1];
  return BigInt64Array.from({ length: total }, (_, place) => BigInt(place % steps));
}
