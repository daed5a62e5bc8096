/** A slider through the spectral radius of a small RNN, whose gradient vanishes or explodes while one moves it. */

import { LINES, LINES_DARK, isDark } from "../../core/colours.js";
import { h, replace } from "../../core/dom.js";
import { segmented, slider } from "../../core/parts.js";
import { Curves, legend } from "../../core/plot.js";
import { STEPS, UNITS, gradientNorms, weightsOf } from "./small_rnn.js";

const RANGE = { min: 0.5, max: 2, step: 0.05 };
const SEED = 1;
const LIMIT = 20; // powers of ten that are drawn
const TROUBLE = 3; // powers of ten, as in the rule of the claim
const SIZES = { zero: 0, inputs: 1 };

export class SpectralRadius {
  /** @param {import("../../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.element = h("section", { class: "claim-played", "aria-labelledby": "claim-radius-title" });
    this.weights = weightsOf(SEED);
    this.radius = 1;
    this.states = "zero";
  }

  translate() {
    const { t } = this.app;
    this.sentence = h("p", { "aria-live": "polite" });
    const moved = (value) => {
      this.radius = Number(value.toFixed(2));
      this.#show();
    };
    const choose = (value) => {
      this.states = value;
      for (const each of states.children) each.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (each).dataset.value === value));
      this.#show();
    };
    const options = Object.keys(SIZES).map((value) => ({ value, text: t(`radius.${value}`) }));
    const states = segmented(t("radius.states"), options, this.states, choose);
    this.curves = new Curves({ series: [], label: "", x: [0, STEPS], y: [-LIMIT, LIMIT], xTicks: [], yTicks: [], height: 240 });
    this.names = h("div");
    replace(
      this.element,
      h("h4", { id: "claim-radius-title" }, t("radius.title")),
      h("p", { class: "caption" }, t("radius.about", { units: UNITS, steps: STEPS })),
      slider(t("radius.radius"), { ...RANGE, value: this.radius }, moved),
      states,
      h("p", { class: "caption" }, t("radius.y")),
      this.curves.element,
      h("p", { class: "caption claim-axis" }, t("radius.x")),
      this.names,
      this.sentence,
    );
    this.#show();
  }

  #show() {
    const { t, format } = this.app;
    const norms = gradientNorms(this.weights, this.radius, SIZES[this.states], SEED);
    const powers = norms.map((norm) => Math.log10(norm / norms[0]));
    const rule = powers.map((_, distance) => distance * Math.log10(this.radius));
    const [one, other] = isDark() ? LINES_DARK : LINES;
    const x = powers.map((_, distance) => distance);
    const within = (values) => values.map((value) => Math.min(Math.max(value, -LIMIT), LIMIT));
    const series = [
      { name: t("radius.gradient"), x, y: within(powers), colour: one },
      { name: t("radius.rule", { radius: String(this.radius) }), x, y: within(rule), colour: other },
    ];
    const left = Number(powers[powers.length - 1].toFixed(1)) || 0; // no minus before nothing
    const kind = left < -TROUBLE ? "vanishes" : left > TROUBLE ? "explodes" : "stays";
    const said = t(`radius.${kind}`, { radius: String(this.radius), power: format.tenth(left), steps: STEPS - 1 });
    const yTicks = [-LIMIT, -LIMIT / 2, 0, LIMIT / 2, LIMIT].map((at) => ({ at, text: format.count(at) }));
    const xTicks = [0, 20, 40, 60].map((at) => ({ at, text: String(at) }));
    this.curves.draw({ series, label: said, xTicks, yTicks });
    replace(this.names, legend(series, h));
    this.sentence.textContent = said;
  }
}
