/** What a model does on a test without its parts: attention made uniform or permuted, the recurrence switched off. */

import { h } from "../../core/dom.js";
import { table } from "../../core/parts.js";

/** @param {import("../../app.js").App} app @param {import("../models.js").Facts} facts @param {any} test */
export function ablations({ t, say, format }, facts, { title, accuracy, ablations: found }) {
  const caption = t("models.ablationsOf", { name: facts.name, test: say(title), accuracy: format.percent(accuracy) });
  const heads = ["intervention", "accuracy", "changed", "moved"].map((head) => t(`models.ablation.${head}`));
  const p = (value) => t("models.ablation.p", { p: value < 0.001 ? "< 0.001" : `= ${format.exact(value)}` });
  const rows = Object.entries(found).map(([name, figures]) => [
    t(`interventions.${name.replace("_", " ")}`),
    h("span", {}, format.percent(figures.accuracy), " ", h("span", { class: "model-interval" }, p(figures.p))),
    format.percent(figures.changed),
    format.exact(figures.moved),
  ]);
  const reading = h("p", { class: "caption" }, t("models.ablationsReading"));
  return h("div", {}, h("p", { class: "caption" }, caption), table(caption, heads, rows), reading);
}
