/** The control: numbers that know nothing of the input. A method that does not beat them explains nothing. */

import { Generator } from "../random.js";

/** Draw standard normal numbers. The same for every model, input of this length and target. @type {import("./registry.js").Compute} */
export async function random(subject, { report, seed }) {
  report(1);
  return { scores: new Generator(seed).randn(subject.units) };
}
