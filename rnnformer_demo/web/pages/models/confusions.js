/** Confusions of a model on a test: the matrix of few classes, the most frequent mistakes of many. */

import { h } from "../../core/dom.js";
import { table } from "../../core/parts.js";

const STRONGEST = 45; // % of the accent in the fullest cell: text on it stays readable

/** @param {import("../../app.js").App} app @param {import("../models.js").Facts} facts @param {any} test */
export function confusions(app, facts, test) {
  return test.confusion ? matrix(app, facts, test) : list(app, facts, test);
}

function matrix({ t, say, format }, facts, { title, labels, confusion }) {
  const cell = (count, share, own) => {
    const background = `color-mix(in srgb, var(--accent) ${(STRONGEST * share).toFixed(1)}%, var(--paper))`;
    const text = [format.count(count), h("span", { class: "model-interval" }, format.percent(share))];
    return h("td", { class: own ? "own" : "", style: { background } }, text);
  };
  const row = (counts, index) => {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    const cells = counts.map((count, answer) => cell(count, count / total, index === answer));
    return h("tr", {}, h("th", { scope: "row" }, labels[index]), cells);
  };
  const head = (label) => h("th", { scope: "col", title: t("models.answered", { label }) }, label);
  return h(
    "div",
    { class: "table-frame", tabindex: "0", role: "region", "aria-label": t("models.matrix", { name: facts.name, test: say(title) }) },
    h(
      "table",
      { class: "confusion" },
      h("caption", {}, t("models.matrixReading")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("models.trueClass")), labels.map(head))),
      h("tbody", {}, confusion.map(row)),
    ),
  );
}

function list({ t, say, format }, facts, { title, confusions: mistakes }) {
  const caption = t("models.mistakes", { name: facts.name, test: say(title) });
  const heads = [t("models.trueClass"), t("models.answer"), t("models.inputs")];
  const ofClass = ({ count, of }) => t("models.ofClass", { count: format.count(count), of: format.count(of) });
  const rows = mistakes.map((mistake) => [mistake.true, mistake.answer, ofClass(mistake)]);
  return h("div", {}, h("p", { class: "caption" }, caption), table(caption, heads, rows));
}
