/** Attention composed with the Jacobian of the recurrence below it. */

import { attentionOf, rolledOut } from "../attention_flow.js";
import { percent } from "../format.js";
import { jackknifeErrors, normsOf, replicatesOf, toTokenAttention, tokenJacobian } from "../jacobian.js";
import { largest } from "../numbers.js";
import { byUnit } from "./features.js";

/**
 * Run several passes forward for each step, through the recurrence alone. The same for every target.
 * @type {import("./registry.js").Compute}
 */
export async function attentionJacobian(subject, { report, seed }) {
  const jacobian = await tokenJacobian(subject, { seed, report });
  const shares = rolledOut(attentionOf(subject.model, await subject.inside()));
  const scoresBy = (/** @type {Float64Array} */ norms) => byUnit(toTokenAttention(shares, norms), subject.sample);
  const scores = scoresBy(normsOf(jacobian));
  const replicates = replicatesOf(jacobian).map(scoresBy);
  const error = largest(jackknifeErrors(replicates)) / largest(scores);
  report(1);
  const notice =
    `Estimated from ${replicates.length} random probes of each word or cell: the standard error is up to ` +
    `${percent(error, 1)} of the largest score.`;
  return { scores, warnings: [notice] };
}
