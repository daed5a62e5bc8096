/** Where a model comes from: data, pretrained networks, teachers, seeds, time, weights. */

import { h } from "../../core/dom.js";

const COUNTS = ["trained_on", "held_out", "left_out_rows", "unlabelled"];

/** @param {import("../../app.js").App} app @param {import("../models.js").Facts} facts */
export function training(app, facts) {
  const { t, say, format } = app;
  const { data, ood } = facts;
  const { minutes, machine = "" } = facts.training;
  const counts = COUNTS.filter((key) => data[key]).map((key) => t(`models.${key}`, { count: format.count(data[key]) }));
  const source = ({ title, citation, licence }) =>
    `${title}${citation ? " (" + citation + ")" : ""}; ${t("models.dataLicence", { licence: say(licence) })}`;
  const terms = [
    [t("models.data"), [...facts.data_sets.map(source), ...counts]],
    [t("models.pretrained"), facts.pretrained.map(source)],
    [t("models.teacher"), [facts.teacher ?? data.teacher]],
    [t("models.seeds"), seedsOf(app, facts)],
    [t("models.time"), [minutes && t("models.minutes", { minutes: format.tenth(minutes), machine })]],
    [t("models.ood"), [ood && t("models.oodRecall", { signal: say(ood.signal), share: format.percent(ood.recall) })]],
    ["SHA-256", [h("code", {}, facts.sha256)]],
    [t("models.licence"), ["Apache-2.0"]],
  ];
  const entry = ([term, values]) => {
    const known = values.filter(Boolean);
    return known.length ? h("div", {}, h("dt", {}, term), known.map((value) => h("dd", {}, value))) : null;
  };
  return h("dl", { class: "model-facts" }, terms.map(entry));
}

function seedsOf({ t, say, format }, { tests }) {
  const over = tests.filter((test) => test.seeds);
  if (!over.length) return [t("models.oneSeed")];
  const on = ({ title, seeds: { mean, sd } }) =>
    t("models.seedsOn", { test: say(title), mean: format.percent(mean), sd: format.tenth(100 * sd) });
  return [t("models.seedsCount", { count: over[0].seeds.count }), ...over.map(on)];
}
