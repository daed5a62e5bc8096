/** What parts of a model's card have in common: a choice of the test that is shown, and an accuracy with its interval. */

import { h, replace } from "../../core/dom.js";
import { select } from "../../core/parts.js";

/**
 * Return what a test shows, below a choice of the test; the first one is a true test where there is one.
 * @param {import("../../app.js").App} app @param {string} label @param {any[]} tests @param {(test: any) => any} draw
 */
export function perTest({ say }, label, tests, draw) {
  const shown = h("div");
  const first = tests.find((test) => !test.chosen_on) ?? tests[0];
  const options = tests.map(({ name, title }) => ({ value: name, text: say(title) }));
  const choose = (name) => replace(shown, draw(tests.find((test) => test.name === name)));
  choose(first.name);
  return h("div", {}, tests.length > 1 ? select(label, options, first.name, choose) : null, shown);
}

/** Return an accuracy and its interval. @param {import("../../app.js").App} app @param {any} figures @returns {Node[]} */
export function accuracy({ t, format }, { accuracy: share, interval }) {
  const ends = interval && { low: format.percent(interval[0]), high: format.percent(interval[1]) };
  return [h("strong", {}, format.percent(share)), " ", ends ? h("span", { class: "model-interval" }, t("models.interval", ends)) : ""];
}
