/** Stability of an explanation under small shifts of its input, and its infidelity as a forecast of changes, see `stability.py`. */

import { compute } from "../attribution/compute.js";
import { sideBySide } from "../lanes.js";
import { dot, norm } from "../numbers.js";
import { perturbedLogits, without } from "../perturb.js";
import { Generator } from "../random.js";
import { ShiftedSubject } from "./shift.js";

const RADIUS = 0.02; // of the norm of the embedded input
const SHIFTS = 4;
const DRAWS = 32;

/**
 * @typedef {{method: string, target: number, scores: number[]}} Explanation
 * @typedef {import("../subject.js").Subject} Subject
 */

/**
 * Return the max-sensitivity (Yeh et al. 2019, section 4): the largest change of the scores relative to their norm over
 * a few small random shifts of the embedded input (vectors of words, or pixels).
 * @param {Subject} subject @param {Explanation} explanation @param {number} seed of the shifts, and of the method's draws
 */
export async function maxSensitivity(subject, { method, target, scores }, seed) {
  const embedded = subject.layout === "grid" ? subject.sample.feeds.photos.data : (await subject.tokens()).data;
  const size = embedded.length;
  const noise = new Generator(seed).randn(SHIFTS * size);
  const radius = RADIUS * norm(embedded);
  const changes = await sideBySide([...Array(SHIFTS).keys()], subject.lanes, async (row) => {
    const direction = noise.subarray(row * size, (row + 1) * size);
    const length = norm(direction);
    // Rounded as the embedded input can hold it.
    const shift = direction.map((value, place) => Math.fround(embedded[place] + (radius * value) / length) - embedded[place]);
    const moved = await compute(new ShiftedSubject(subject, shift), { method, target, seed });
    return norm(scores.map((score, place) => moved.scores[place] - score));
  });
  return Math.max(...changes) / (norm(scores) || 1);
}

/**
 * Return the normalised infidelity (Yeh et al. 2019, section 2), 0-1: 0 is perfect; null where no removal changes the logit.
 * @param {Subject} subject @param {Explanation} explanation @param {string} perturbation @param {number} seed
 */
export async function infidelity(subject, { target, scores }, perturbation, seed) {
  const { units } = subject;
  const chances = new Generator(seed).rand(DRAWS * units);
  const gone = Uint8Array.from(chances, (chance) => Number(chance < 0.5));
  const halves = Array.from({ length: DRAWS }, (_, row) => gone.subarray(row * units, (row + 1) * units));
  const [whole, ...rest] = await perturbedLogits(subject, [without(units, []), ...halves], perturbation);
  const losses = rest.map((logits) => whole[target] - logits[target]);
  if (!losses.some((loss) => loss)) return null;
  const forecasts = halves.map((half) => dot(scores, half));
  const cosine = dot(losses, forecasts) / (Math.max(norm(losses), 1e-8) * Math.max(norm(forecasts), 1e-8));
  return 1 - cosine ** 2;
}
