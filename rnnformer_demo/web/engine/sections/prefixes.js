/** The section "prefixes": predictions after every beginning and every end of the input, see `interpret/prefixes.py`. */

import { Temperature } from "../confidence.js";
import { inFull } from "../encode.js";
import { sideBySide } from "../lanes.js";
import { argmax, argsort } from "../numbers.js";
import { rowsOf } from "../subject.js";

const MOST = 64; // parts of a scan
const LEAST = 16;
const SHORT = 128; // tokens: of more, fewer parts are run, for the work grows with the square of the length
const TOKENS_PER_PASS = 2048;

/**
 * @typedef {object} Scan
 * @property {string} scan @property {string[]} names of the word or line that each part read last @property {number[]} positions
 * @property {number[][]} parts the steps of each; those of a grid by their place in it, -1 where there is none
 */

/** Return a trajectory for each scan: a text from its start and its end, a photo from its four sides. @param {import("../context.js").Context} context */
export async function prefixesSection(context) {
  const { sample, model } = context;
  const most = Math.min(MOST, Math.max(LEAST, Math.floor((MOST * SHORT) / sample.steps)));
  const scans = sample.grid ? lines(sample.grid, most) : words(sample, most);
  const logits = await logitsOf(context, scans.flatMap(({ parts }) => parts));
  const temperature = new Temperature(model.facts.temperature);
  let done = 0;
  return scans.map(({ scan, names, positions, parts }) => {
    const own = logits.slice(done, (done += parts.length));
    const shares = own.flatMap((row, number) => temperature.probabilities(row, realSteps(parts[number])));
    const classes = own.map(argmax);
    const flips = classes.flatMap((label, number) => (number && label !== classes[number - 1] ? [number] : []));
    const whole = positions[positions.length - 1];
    return {
      scan,
      names,
      positions,
      probabilities: inFull(shares, [own.length, model.labels.length]),
      flips,
      stable_from: flips.at(-1) ?? 0,
      left_out: names.length === whole ? "" : `${names.length} of ${whole} parts were run: the work grows with their number.`,
    };
  });
}

/** @param {number[]} part */
function realSteps(part) {
  return part.filter((step) => step >= 0).length;
}

/** Return at most so many of 1 to `count`, evenly spaced, the last one always among them. @param {number} count @param {number} most */
function evenly(count, most) {
  const size = Math.min(count, most);
  return Array.from({ length: size }, (_, place) => Math.floor(((place + 1) * count + size - 1) / size));
}

/** Return both scans of a text, in whole words. @param {import("../context.js").Sample} sample @param {number} most @returns {Scan[]} */
function words({ tokenToUnit, unitNames }, most) {
  const units = [...tokenToUnit];
  const count = units[units.length - 1] + 1;
  const positions = evenly(count, most);
  const steps = units.map((_, step) => step);
  const firstOf = (/** @type {number} */ word) => units.filter((unit) => unit < word).length;
  return [
    {
      scan: "from the start",
      names: positions.map((position) => unitNames[position - 1]),
      positions,
      parts: positions.map((position) => steps.slice(0, firstOf(position))),
    },
    {
      scan: "from the end",
      names: positions.map((position) => unitNames[count - position]),
      positions,
      parts: positions.map((position) => steps.slice(firstOf(count - position))),
    },
  ];
}

/** Return the four scans of a grid; a part lies in its upper left corner, as a grid of its own would. @param {[number, number]} grid @param {number} most @returns {Scan[]} */
function lines([rows, columns], most) {
  return ["row", "column"].flatMap((line) => {
    const count = line === "row" ? rows : columns;
    const positions = evenly(count, most);
    return (line === "row" ? ["top", "bottom"] : ["left", "right"]).map((side, number) => ({
      scan: `${line}s from the ${side}`,
      names: positions.map((position) => `${line} ${number ? count + 1 - position : position}`),
      positions,
      parts: positions.map((position) => partOf(rows, columns, line, number ? count - position : 0, position)),
    }));
  });
}

/** Return the cells of so many lines from a start on, moved to the beginning. */
function partOf(/** @type {number} */ rows, /** @type {number} */ columns, /** @type {string} */ line, /** @type {number} */ start, /** @type {number} */ size) {
  return Array.from({ length: rows * columns }, (_, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    if ((line === "row" ? row : column) >= size) return -1;
    return line === "row" ? (row + start) * columns + column : row * columns + column + start;
  });
}

/**
 * Return which parts are run in one pass: as many of the order as it takes, and one of as many as there are lanes.
 * @param {Int32Array} order the longest first @param {(part: number) => number} stepsOf @param {number} lanes
 */
function passes(order, stepsOf, lanes) {
  const found = [];
  for (let done = 0; done < order.length; done += found[found.length - 1].length) {
    const rows = Math.max(1, Math.floor(TOKENS_PER_PASS / stepsOf(order[done])));
    found.push([...order.subarray(done, done + Math.min(rows, Math.ceil(order.length / lanes)))]);
  }
  return found;
}

/** Return the logits of parts of the tokens, those of a length together. @param {import("../context.js").Context} context @param {number[][]} parts */
async function logitsOf(context, parts) {
  const tokens = await context.tokens();
  const [, , width] = tokens.dims;
  const lengths = parts.map(realSteps);
  const order = argsort(lengths, true);
  /** @type {Float32Array[]} */
  const logits = new Array(parts.length);
  let done = 0;
  const { lanes } = context.model.programs;
  const stepsOf = (/** @type {number} */ part) => (context.sample.grid ? parts[part].length : lengths[part]);
  await sideBySide(passes(order, stepsOf, lanes), lanes + 1, async (rows) => {
    const longest = stepsOf(rows[0]);
    const data = new Float32Array(rows.length * longest * width);
    const mask = new Uint8Array(rows.length * longest);
    rows.forEach((part, row) =>
      parts[part].slice(0, longest).forEach((step, place) => {
        const from = Math.max(0, step) * width;
        data.set(tokens.data.subarray(from, from + width), (row * longest + place) * width);
        mask[row * longest + place] = Number(step >= 0);
      }),
    );
    const padding = context.sample.grid
      ? { mask: { data: mask, dims: [rows.length, longest] } }
      : { lengths: { data: Int32Array.from(rows, (part) => lengths[part]), dims: [rows.length] } };
    const feeds = { tokens: { data, dims: [rows.length, longest, width] }, ...padding };
    const found = rowsOf((await context.model.programs.run("token_logits", feeds)).logits);
    rows.forEach((part, row) => (logits[part] = found[row]));
    done += rows.length;
    context.report(done / parts.length);
  });
  return logits;
}
