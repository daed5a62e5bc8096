/** Gradient SHAP (Lundberg & Lee 2017; Erion et al. 2021): integrated gradients averaged over drawn baselines. */

import { deviation } from "../numbers.js";
import { Generator } from "../random.js";
import { BASELINES, baselineTokens, byStep, byUnit } from "./features.js";
import { countedRows } from "./progress.js";

const SAMPLES = 64;
const ROWS_PER_PASS = 16;
const NOISE = 0.1; // of the tokens' standard deviation

/** Run rows forward and backward above the tokens. @type {import("./registry.js").Compute} */
export async function gradientShap(subject, { target, report, seed }) {
  const { data: own, dims } = await subject.tokens();
  const baselines = [];
  for (const choice of BASELINES) baselines.push((await baselineTokens(subject, choice)).data);
  const { chosen, places } = draws(seed);
  const noise = new Generator(seed).randn(SAMPLES * own.length);
  const spread = NOISE * Math.fround(deviation(own));
  const count = countedRows(SAMPLES, report);
  const scores = new Float64Array(own.length);
  for (let first = 0; first < SAMPLES; first += ROWS_PER_PASS) {
    const ends = new Float32Array(ROWS_PER_PASS * own.length);
    const rows = new Float32Array(ends.length);
    for (let at = 0; at < ends.length; at += 1) {
      const [row, place] = [first + Math.floor(at / own.length), at % own.length];
      ends[at] = own[place] + spread * noise[row * own.length + place];
      rows[at] = places[row] * ends[at] + (1 - places[row]) * baselines[chosen[row]][place];
    }
    const { gradient } = await subject.gradient({ data: rows, dims: [ROWS_PER_PASS, ...dims.slice(1)] }, target);
    for (let at = 0; at < ends.length; at += 1) {
      const [row, place] = [first + Math.floor(at / own.length), at % own.length];
      scores[place] += (gradient.data[at] * (ends[at] - baselines[chosen[row]][place])) / SAMPLES;
    }
    count(ROWS_PER_PASS);
  }
  report(1);
  return { scores: byUnit(byStep(scores, dims[1]), subject.sample) };
}

/**
 * Draw the baseline of each row and its place on the way, as NumPy's old generator does for Captum.
 * @param {number} seed
 */
function draws(seed) {
  const generator = new Generator(seed);
  const chosen = Array.from({ length: SAMPLES }, () => {
    let number = generator.bits() & 3; // two bits, drawn again while they name no baseline
    while (number >= BASELINES.length) number = generator.bits() & 3;
    return number;
  });
  const places = Float32Array.from({ length: SAMPLES }, () => ((generator.bits() >>> 5) * 2 ** 26 + (generator.bits() >>> 6)) * 2 ** -53);
  return { chosen, places };
}
