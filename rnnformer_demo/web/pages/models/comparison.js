/** A hybrid beside its baselines on one test: accuracies with their intervals, and the paired test of each baseline. */

import { h, s } from "../../core/dom.js";
import { accuracy, perTest } from "./tests.js";

const STEP = 0.05; // of the axis
const LEVEL = 0.05; // of significance

/** @param {import("../../app.js").App} app @param {import("../models.js").Facts[]} members the hybrid first */
export function comparison(app, members) {
  const common = members[0].tests.filter((test) => members.every((member) => figures(member, test.name)));
  return common.length ? perTest(app, app.t("models.comparison"), common, (test) => rowsOf(app, members, test.name)) : null;
}

const figures = (member, name) => member.tests.find((test) => test.name === name && test.interval);

function rowsOf(app, members, name) {
  const { t, format } = app;
  const tests = members.map((member) => figures(member, name));
  const low = Math.floor(Math.min(...tests.map(({ interval }) => interval[0])) / STEP) * STEP;
  const high = Math.min(1, Math.ceil(Math.max(...tests.map(({ interval }) => interval[1])) / STEP) * STEP);
  const place = (share) => ((share - low) / (high - low || 1)) * 100;
  const row = (member, index) => {
    const { accuracy: middle, interval, paired } = tests[index];
    return h(
      "li",
      {},
      h("span", { class: "forest-name" }, member.name),
      h("span", { class: "forest-value" }, accuracy(app, tests[index])),
      bar(place(interval[0]), place(middle), place(interval[1])),
      h("span", { class: "forest-paired" }, paired ? sentence(app, paired) : ""),
    );
  };
  const [{ chosen_on, n }] = tests;
  return [
    h("div", { class: "forest-axis", "aria-hidden": "true" }, [low, high].map((end) => h("span", {}, format.wholePercent(end)))),
    h("ul", { class: "forest" }, members.map(row)),
    h(
      "p",
      { class: "caption" },
      t(chosen_on ? "models.chosenOn" : "models.intervals", { n: format.count(n) }),
      tests.some((test) => test.paired) ? ` ${t("models.pairedAbout")}` : "",
    ),
  ];
}

function bar(low, middle, high) {
  return s(
    "svg",
    { class: "forest-bar", viewBox: "0 0 100 16", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("line", { class: "grid", x1: 0, x2: 100, y1: 8, y2: 8 }),
    s("line", { class: "interval", x1: low, x2: high, y1: 8, y2: 8 }),
    s("line", { class: "middle", x1: middle, x2: middle, y1: 1, y2: 15 }),
  );
}

function sentence({ t, format }, { p, p_holm: corrected, with: other, only_this, only_first }) {
  const better = only_this > only_first ? "models.better" : "models.worse";
  const verdict = t(corrected < LEVEL ? better : "models.alike", { with: other });
  const written = (value) => (value < 0.001 ? "< 0.001" : "= " + format.exact(value));
  const values = { these: format.count(only_this), those: format.count(only_first), with: other };
  return `${verdict} ${t("models.paired", { ...values, p: written(p), corrected: written(corrected) })}`;
}
