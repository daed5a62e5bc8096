/** A small hybrid that learns while one watches: its loss as it falls, and a slider through its epochs. */

import { LINES, LINES_DARK, isDark, sequential } from "../../core/colours.js";
import { button, h, replace } from "../../core/dom.js";
import { Heatmap } from "../../core/heatmap.js";
import { messageOf } from "../../core/i18n.js";
import { slider } from "../../core/parts.js";
import { Curves, legend } from "../../core/plot.js";

/**
 * @typedef {object} Frame see evaluation/claims/lab/live_training.py
 * @property {number} epoch @property {number} epochs @property {number} loss @property {number} accuracy
 * @property {number} probability @property {string[]} words @property {Record<string, number[]>} kept
 * @property {number[][]} attention
 */

const ROW = 28; // pixels

export class LiveTraining {
  /** @param {import("../../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.element = h("section", { class: "claim-training panel", "aria-labelledby": "claim-training-title" });
    this.frames = /** @type {Frame[]} */ ([]);
    this.running = /** @type {AbortController | null} */ (null);
    this.seed = 0;
  }

  translate() {
    const { t } = this.app;
    this.button = button("", () => (this.running ? this.running.abort() : this.train()));
    this.status = h("p", { class: "caption" });
    this.shown = h("div", { class: "claim-epochs" });
    replace(
      this.element,
      h("h3", { id: "claim-training-title" }, t("training.title")),
      h("p", { class: "caption" }, t("training.about")),
      h("div", { class: "claim-tools" }, this.button, this.status),
      this.shown,
    );
    this.#tools();
    if (this.frames.length) this.#show(this.frames.length - 1);
  }

  /** Train another model, of the next seed each time, until it is done or stopped. */
  async train() {
    const { t, say } = this.app;
    this.running = new AbortController();
    this.frames = [];
    this.status.textContent = "";
    this.#tools();
    try {
      await this.app.engine.trainLive(this.seed, {
        signal: this.running.signal,
        sections: (frame) => {
          this.frames.push(frame);
          this.#show(this.frames.length - 1);
        },
        status: ({ state, place }) => {
          this.status.textContent = state === "queued" ? t("claims.waiting", { place: place ?? 1 }) : "";
        },
      });
      this.seed += 1;
    } catch (error) {
      this.status.textContent = this.running.signal.aborted ? t("claims.stopped") : say(messageOf(error));
    }
    this.running = null;
    this.#tools();
    this.app.announce(this.status.textContent || this.#sentence(this.frames[this.frames.length - 1]));
  }

  #tools() {
    this.button.textContent = this.app.t(this.running ? "claims.stop" : "training.start");
  }

  /** @param {Frame} frame */
  #sentence({ epoch, loss, accuracy, probability }) {
    const { t, format } = this.app;
    return t("training.now", { epoch, loss: format.exact(loss), accuracy: format.percent(accuracy), probability: format.percent(probability) });
  }

  /** Show the model after an epoch. @param {number} place */
  #show(place) {
    const { t } = this.app;
    const range = { min: 0, max: this.frames.length - 1, step: 1, value: place };
    this.sentence = h("p", {});
    this.inside = h("div", { class: "claim-inside" });
    const curves = this.#curves();
    const choose = (value) => {
      const frame = this.frames[value];
      curves.at(frame.epoch);
      this.sentence.textContent = this.#sentence(frame);
      replace(this.inside, this.#kept(frame), this.#attention(frame));
    };
    const series = curves.options.series;
    replace(this.shown, h("p", { class: "caption" }, t("training.loss")), curves.element, legend(series, h), slider(t("training.epoch"), range, choose), this.sentence, this.inside);
    choose(place);
  }

  #curves() {
    const { t, format } = this.app;
    const { frames } = this;
    const last = frames[frames.length - 1];
    const [one, other] = isDark() ? LINES_DARK : LINES;
    const x = frames.map(({ epoch }) => epoch);
    const series = [
      { name: t("training.lossName"), x, y: frames.map(({ loss }) => Math.min(1, loss)), colour: one, dots: true },
      { name: t("training.accuracyName"), x, y: frames.map(({ accuracy }) => accuracy), colour: other, dots: true },
    ];
    const label = t("training.lossLabel", { loss: format.exact(last.loss), accuracy: format.percent(last.accuracy), epoch: last.epoch });
    const xTicks = [0, 5, 10, 15].filter((at) => at <= last.epochs).map((at) => ({ at, text: String(at) }));
    const yTicks = [0, 0.5, 1].map((at) => ({ at, text: format.tenth(at) }));
    return new Curves({ series, label, x: [0, last.epochs], y: [0, 1], xTicks, yTicks, height: 200 });
  }

  /** @param {Frame} frame */
  #kept({ kept, words }) {
    const { t, format } = this.app;
    return Object.entries(kept).map(([name, shares]) => {
      const values = shares.map((share, step) => `${words[step]} ${format.wholePercent(share)}`).join(", ");
      const map = new Heatmap({
        rows: 1,
        columns: shares.length,
        height: ROW,
        colour: (_, column) => sequential(shares[column]),
        label: t("training.keptLabel", { name, values }),
      });
      return [h("p", { class: "caption" }, t("training.kept", { name })), map.element];
    });
  }

  /** @param {Frame} frame */
  #attention({ epoch, attention, words }) {
    const { t, format } = this.app;
    const share = format.percent(attention[words.indexOf("good")][words.indexOf("not")]);
    const map = new Heatmap({
      rows: words.length,
      columns: words.length,
      colour: (row, column) => sequential(attention[row][column]),
      label: t("training.attentionLabel", { epoch, share }),
    });
    const names = h("div", { class: "claim-words", "aria-hidden": "true" }, words.map((word) => h("span", {}, word)));
    return [names, h("p", { class: "caption" }, t("training.attention")), map.element];
  }
}
