/** Attention rollout (Abnar & Zuidema 2020), read by the pooling. */

import { attentionOf, rolledOut } from "../attention_flow.js";
import { byUnit } from "./features.js";

/** Run one pass forward. The same for every target. @type {import("./registry.js").Compute} */
export async function attentionRollout(subject, { report }) {
  const shares = rolledOut(attentionOf(subject.model, await subject.inside()));
  report(1);
  return { scores: byUnit(shares, subject.sample) };
}
