/** The choice of a model: by its task, then, folded away, by its architecture; and what its card says of it. */

import { familyOf, mainTest, membersOf, testTitle } from "../core/catalogue.js";
import { h, uniqueId } from "../core/dom.js";
import { select } from "../core/parts.js";

/** @typedef {import("../core/catalogue.js").Model} Model */

/**
 * Return the parts of the choice.
 * @param {import("../app.js").App} app @param {Model[]} models @param {Model} model the chosen one
 * @param {(name: string) => void} choose @param {Set<string>} open names of the parts that are unfolded; kept up to date
 */
export function modelChoice(app, models, model, choose, open) {
  const { t, say } = app;
  const hybrids = models.filter(({ baseline_of }) => !baseline_of);
  const family = membersOf(models, model.name);
  const tasks = hybrids.map(({ name, task }) => ({ value: name, text: task ? say(task) : name }));
  return [
    select(t("model.task"), tasks, familyOf(model), choose),
    family.length > 1
      ? folded("others", t("model.others", { made: madeOf(app, model) }), architectures(app, family, model, choose), open)
      : null,
    folded("facts", headline(app, model), facts(app, model), open),
  ];
}

function folded(name, title, content, open) {
  const fold = h("details", { class: "fold", open: open.has(name) }, h("summary", {}, title), content);
  fold.addEventListener("toggle", () => open[fold.open ? "add" : "delete"](name));
  return fold;
}

const madeOf = ({ say }, model) => say(model.made_of);

function architectures(app, family, model, choose) {
  const { t } = app;
  const name = uniqueId("architecture");
  const option = (each) =>
    h(
      "label",
      { class: "toggle" },
      h("input", { type: "radio", name, value: each.name, checked: each.name === model.name, onchange: () => choose(each.name) }),
      h("span", {}, madeOf(app, each), each.baseline_of ? "" : t("model.hybrid")),
      h("span", { class: "caption" }, shareOf(app, mainTest(each)[1])),
    );
  const sizes = t(family.every(({ matched }) => matched) ? "model.sameSize" : "model.aboutSize");
  const legend = h("legend", { class: "unseen" }, t("model.architecture"));
  return h("fieldset", { class: "architectures" }, legend, family.map(option), h("p", { class: "caption" }, sizes));
}

const shareOf = ({ t, format }, figures) => (figures ? format.percent(figures.accuracy) : t("model.unmeasured"));

/** Write a number in millions, in tenths of one where there are any. */
const millions = (format, value) => (value < 1e5 ? format.exact : format.tenth)(value / 1e6);

function headline(app, model) {
  const { t, format } = app;
  const [, figures] = mainTest(model);
  const size = millions(format, model.parameters);
  return figures ? t("model.headline", { share: shareOf(app, figures), size }) : t("model.about", { name: model.name });
}

function facts(app, model) {
  const { t, say, format } = app;
  const measured = Object.entries(model.metrics).filter(([name], _, all) => name !== "held_out" || all.length === 1);
  const accuracy = ([test, { accuracy, interval, n }]) => {
    const values = { share: format.percent(accuracy), n: format.count(n), test: testTitle(test, say) };
    const [low, high] = (interval ?? []).map(format.percent);
    return h("dd", {}, interval ? t("model.accuracyWithin", { ...values, low, high }) : t("model.accuracy", values));
  };
  const size = { parameters: millions(format, model.parameters), bytes: millions(format, model.bytes), classes: format.count(model.labels.length) };
  const card = app.link(t("model.card", { name: model.name }), { page: "models", model: model.name });
  return h(
    "dl",
    { class: "facts-of-model" },
    h("dt", {}, t("model.correct")),
    measured.length ? measured.map(accuracy) : h("dd", {}, t("model.unmeasured")),
    h("dt", {}, t("model.size")),
    h("dd", {}, t("model.sizes", size), " ", t("model.madeOf", { made: madeOf(app, model) })),
    model.limits ? [h("dt", {}, t("model.limits")), h("dd", {}, say(model.limits))] : null,
    h("dd", {}, card),
  );
}
