/** The exact confidence interval of a share. */

import { rounded } from "../format.js";

const CONFIDENCE = 0.95;
const HALVINGS = 60;

/**
 * Return the 95 % confidence interval of a share, 0-1 (Clopper & Pearson 1934).
 * @param {number} hits @param {number} of @returns {[number, number]}
 */
export function exactInterval(hits, of) {
  const tail = (1 - CONFIDENCE) / 2;
  const low = hits ? betaQuantile(hits, of - hits + 1, tail) : 0;
  const high = hits < of ? betaQuantile(hits + 1, of - hits, 1 - tail) : 1;
  return [rounded(low, 4), rounded(high, 4)];
}

/** Return the value below which a share of a beta distribution with whole parameters lies. */
function betaQuantile(/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ share) {
  let [low, high] = [0, 1];
  for (let round = 0; round < HALVINGS; round += 1) {
    const middle = (low + high) / 2;
    if (atLeast(a, a + b - 1, middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Return the chance of so many hits or more: the beta distribution is the tail of the binomial one. */
function atLeast(/** @type {number} */ hits, /** @type {number} */ of, /** @type {number} */ chance) {
  const [logHit, logMiss] = [Math.log(chance), Math.log1p(-chance)];
  let logWays = 0;
  let total = 0;
  for (let count = 0; count <= of; count += 1) {
    if (count) logWays += Math.log((of - count + 1) / count);
    if (count >= hits) total += Math.exp(logWays + count * logHit + (of - count) * logMiss);
  }
  return total;
}
