/** The scores of the attribution: bars of words or sentences, or colours over the photo; method and class to choose. */

import { takesSeconds } from "../core/catalogue.js";
import { byProbability, classSearch, classesFor } from "../core/class_search.js";
import { h, replace } from "../core/dom.js";
import { select, showNumbers } from "../core/parts.js";
import { photoScores } from "../core/score_overlay.js";
import { wordScores } from "../core/score_bars.js";

const MOST_OPTIONS = 12; // classes: more of them are searched by typing
const SMALLEST_GAP = 0.001; // that is written

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, say, format } = context;
  const words = store.document.input.layout === "sequence";
  const chosen = controls(context);
  const scores = words ? wordScores(context) : photoScores(context);
  const about = h("div", { class: "score-about" });
  const numbers = h("div");
  const element = h("div", { class: "attribution" }, chosen.element, scores.element, about, numbers);

  const written = (gap) => (gap < SMALLEST_GAP / 2 ? `< ${format.percent(SMALLEST_GAP)}` : format.percent(gap));

  function sums({ scores: parts, bias_relevance: ofBiases }) {
    const total = parts.reduce((sum, score) => sum + score, 0);
    const [of_scores, of_biases, logit] = [total, ofBiases, total + ofBiases].map(format.signed);
    return t("attribution.sums", { of_scores, of_biases, logit });
  }

  function draw() {
    const { attribution } = store.document;
    const { completeness_gap: gap, bias_relevance: ofBiases, warnings } = attribution;
    scores.draw();
    replace(
      about,
      warnings.map((warning) => h("p", { class: "notice" }, say(warning))),
      h("p", { class: "caption" }, say(attribution.help)),
      typeof gap === "number" ? h("p", { class: "caption" }, t("attribution.gap", { gap: written(gap) })) : null,
      typeof ofBiases === "number" ? h("p", { class: "caption" }, sums(attribution)) : null,
    );
    showNumbers(numbers, t("numbers"), () => scores.numbers());
  }

  draw();
  return {
    element,
    update(changed) {
      if (["attribution", "other_attributions", "theme"].some((name) => changed.has(name))) draw();
      else if (changed.has("cursor")) scores.point();
      chosen.update(changed);
    },
  };
}

/** Return the choice of method and class; where nothing can be computed, a sentence that says both. */
function controls(context) {
  const { store, t, actions, catalogue } = context;
  return actions && catalogue ? choices(context) : said(store, t);
}

function said(store, t) {
  const element = h("p", { class: "caption" });
  const update = () => {
    const { method, target } = store.document.attribution;
    element.textContent = t("attribution.explained", { method: t(`method.${method}`), target });
  };
  update();
  return { element, update };
}

function choices(context) {
  const { store, t, actions, catalogue } = context;
  const { layout, units } = store.document.input;
  const fitting = catalogue.methods.filter(({ layouts }) => layouts.includes(layout));
  const methods = fitting.map((each) => {
    const method = t(`method.${each.name}`);
    return { value: each.name, text: takesSeconds(each, layout, units.length) ? t("attribution.slow", { method }) : method };
  });
  const method = select(t("attribution.method"), methods, store.document.attribution.method, (value) => ask({ method: value }));
  const target = targetChoice(context, (value) => ask({ target: value }));
  const [methodField, targetField] = [method, target].map((each) => each.querySelector("select, input"));
  let asked = false; // what was asked for stands in the fields until it is there, or has failed

  function ask(request) {
    const { method, target } = store.document.attribution;
    if ((request.method ?? method) !== method || (request.target ?? target) !== target) return actions.explain(request);
    if (store.stale.has("attribution")) actions.stop("attribution"); // back to what is shown
  }

  function reset() {
    asked = false;
    methodField.value = store.document.attribution.method;
    targetField.value = store.target;
  }

  target.addEventListener("focusout", () => asked || reset());
  return {
    element: h("div", {}, h("div", { class: "choices" }, method, target), ofServers(context)),
    update(changed) {
      if (store.stale.has("attribution")) asked = true;
      else if (asked || changed.has("attribution")) reset();
    },
  };
}

/** Return a sentence that names the methods that only a server computes; none on a page that has one. */
function ofServers({ store, t, catalogue }) {
  const { layout } = store.document.input;
  const fitting = (catalogue.server_methods ?? []).filter(({ layouts }) => layouts.includes(layout));
  const methods = fitting.map(({ name }) => t(`method.${name}`)).join(t("attribution.comma"));
  return methods ? h("p", { class: "caption" }, t("attribution.onServers", { methods })) : null;
}

/** Return a choice of the class: a list with the shown one and its runners-up first, or a search among many. */
function targetChoice({ store, t, format, announce }, choose) {
  const { probabilities } = store.document.prediction;
  const label = t("attribution.target");
  const labels = byProbability(probabilities);
  if (labels.length <= MOST_OPTIONS) {
    const first = [store.target, ...labels.filter((each) => each !== store.target)];
    const text = (target) => t("attribution.class", { target, share: format.percent(probabilities[target]) });
    return select(label, first.map((value) => ({ value, text: text(value) })), store.target, choose);
  }
  const search = classSearch({ label, probabilities, t, format, value: store.target, choose });
  search.addEventListener("input", (event) => classesFor(probabilities, event.target.value, 1).length || announce(t("classes.none")));
  return search;
}
