/** What a model does on a test without its parts: attention made uniform or permuted, the recurrence switched off. */

import { h } from "../../core/dom.js";
import { table } from "../../core/parts.js";

/** @param {import("../../app.js").App} app @param {import("../models.js").Facts} facts @param {any} test */
export function ablations({ t, say, format }, facts, { title, accuracy, ablations: found }) {
  const caption = t("models.ablationsOf", { name: facts.name, test: say(title), accuracy: format.percent(accuracy) });
  const heads = ["intervention", "accuracy", "changed", "moved", "p"].map((head) => t(`models.ablation.${head}`));
  const rows = Object.entries(found).map(([name, figures]) => [
    t(`interventions.${name.replace("_", " ")}`),
    format.percent(figures.accuracy),
    format.percent(figures.changed),
    format.exact(figures.moved),
    figures.p < 0.001 ? "< 0.001" : format.exact(figures.p),
  ]);
  const reading = h("p", { class: "caption" }, t("models.ablationsReading"));
  return h("div", {}, h("p", { class: "caption" }, caption), table(caption, heads, rows), reading);
}
