/** The section "recurrence": states, gates and memory contributions of every recurrence, step by step. */

import { inHalf, inLevels, symmetric } from "../encode.js";
import { fullest, gateError, gatesOf, medianHalfLife, memoryContributions, saturation } from "../gates.js";

const CONTRIBUTORS = 3;
const FINE = 128; // steps up to which cell states take 16 bits
const MOST_STEPS = 256; // of more, candidates are left out, or a document of 400 tokens would take more than 3 MB

/** Return every recurrence, from the input to the output. @param {import("../context.js").Context} context */
export async function recurrenceSection(context) {
  return (await gatesOf(context)).map(sectionOf);
}

/** @param {import("../gates.js").Gates} recurrence */
function sectionOf(recurrence) {
  const { name, kind, hidden, cells, gates, steps, units } = recurrence;
  const shape = [steps, 2, units];
  const contributions = memoryContributions(recurrence);
  const short = steps <= MOST_STEPS;
  return {
    name,
    cell: kind,
    hidden: symmetric(hidden, shape, 1),
    cells: cells && (steps <= FINE ? inHalf(cells, shape) : symmetric(cells, shape)),
    gates: Object.fromEntries(
      Object.entries(gates)
        .filter(([gate]) => short || gate !== "candidate")
        .map(([gate, values]) => [gate, gate === "candidate" ? symmetric(values, shape, 1) : inLevels(values, shape, 0, 1)]),
    ),
    contributions: symmetric(contributions, shape),
    half_life: medianHalfLife(recurrence),
    saturation: saturation(recurrence),
    fullest: [0, 1].map((direction) => fullest(recurrence, contributions, direction, CONTRIBUTORS)),
    gate_error: gateError(recurrence),
    left_out: short ? [] : [`Candidates are left out: there are more than ${MOST_STEPS} tokens.`],
  };
}

/**
 * Return what the recurrences hold, by their names and those of the quantities, for a search.
 * @param {import("../context.js").Context} context @returns {Promise<import("../pattern_search.js").Quantities>}
 */
export async function quantitiesOf(context) {
  return Object.fromEntries(
    (await gatesOf(context)).map((recurrence) => {
      const { name, hidden, cells, gates, steps, units } = recurrence;
      const all = { hidden, ...(cells ? { cells } : {}), contributions: memoryContributions(recurrence), ...gates };
      return [name, Object.fromEntries(Object.entries(all).map(([key, data]) => [key, { data, dims: [steps, 2, units] }]))];
    }),
  );
}
