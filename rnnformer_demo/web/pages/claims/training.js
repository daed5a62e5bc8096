/** A small hybrid that learns while one watches: its loss as it falls, and a slider through its epochs. */

import { LINES, LINES_DARK, isDark, sequential } from "../../core/colours.js";
import { button, h, replace, save } from "../../core/dom.js";
import { Heatmap } from "../../core/heatmap.js";
import { messageOf } from "../../core/i18n.js";
import { slider } from "../../core/parts.js";
import { Curves, legend } from "../../core/plot.js";
import { keep, stored } from "../../core/storage.js";
import { OwnModel } from "./own_model.js";
import { begun, brokenOff, ended } from "./unfinished.js";

/**
 * @typedef {object} Frame see evaluation/claims/lab/live_training.py
 * @property {number} epoch @property {number} epochs @property {number} loss @property {number} accuracy
 * @property {number} probability @property {string[]} words @property {Record<string, number[]>} kept
 * @property {number[][]} attention
 */

const ROW = 28; // pixels
const KEPT = "rnnformer-training";

export class LiveTraining {
  /** @param {import("../../app.js").App} app @param {() => (words: string) => string} words what translates the model's task */
  constructor(app, words) {
    this.app = app;
    this.words = words;
    this.element = h("section", { class: "claim-training panel", "aria-labelledby": "claim-training-title" });
    this.running = /** @type {AbortController | null} */ (null);
    // A reload shows the training again, and begins anew with one that it ended.
    const { frames, own, seed } = JSON.parse(stored(KEPT, true) || "{}");
    this.frames = /** @type {Frame[]} */ (frames ?? []);
    this.own = /** @type {import("./own_model.js").Own | null} */ (own ?? null);
    this.seed = seed ?? 0;
    this.model = /** @type {OwnModel | null} */ (null);
  }

  /** Begin a training anew that a reload ended. */
  resume() {
    if (brokenOff(KEPT)) this.train();
  }

  translate() {
    const { t } = this.app;
    this.button = button("", () => (this.running ? this.running.abort() : this.train()));
    this.status = h("p", { class: "caption" });
    this.shown = h("div", { class: "claim-epochs" });
    this.offered = h("div", { class: "claim-tools" });
    this.place ??= h("div");
    replace(
      this.element,
      h("h3", { id: "claim-training-title" }, t("training.title")),
      h("p", { class: "caption" }, t("training.about")),
      h("div", { class: "claim-tools" }, this.button, this.status),
      this.shown,
      this.offered,
      this.place,
    );
    this.model?.translate();
    this.#tools();
    if (this.frames.length) this.#show(this.frames.length - 1);
  }

  /** Train another model, of the next seed each time, until it is done or stopped. */
  async train() {
    const { t, say } = this.app;
    this.running = new AbortController();
    this.frames = [];
    this.own = null; // of what is shown
    begun(KEPT);
    this.status.textContent = "";
    this.#tools();
    try {
      await this.app.engine.trainLive(this.seed, {
        signal: this.running.signal,
        sections: (frame) => {
          if (frame.own) return void this.#taken(frame.own);
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
    ended(KEPT);
    const { frames, own, seed } = this;
    keep(KEPT, JSON.stringify({ frames, own, seed }), true);
    this.#tools();
    this.app.announce(this.status.textContent || this.#sentence(this.frames[this.frames.length - 1]));
  }

  #tools() {
    const { t } = this.app;
    this.button.textContent = t(this.running ? "claims.stop" : "training.start");
    const offers = [
      button(t("own.open"), () => this.#open()),
      button(t("own.download"), () => save("own.zip", "application/zip", Uint8Array.from(atob(this.own?.archive ?? ""), (letter) => letter.charCodeAt(0)))),
      h("span", { class: "caption" }, t("own.kept")),
    ];
    replace(this.offered, this.own ? offers : null);
  }

  /** Keep the trained model, in the place of one before. @param {import("./own_model.js").Own} own */
  #taken(own) {
    this.own = own;
    this.model?.replaced(own);
  }

  #open() {
    if (!this.own) return;
    if (!this.model) {
      this.model = new OwnModel(this.app, this.own, this.words);
      this.model.translate();
      replace(this.place, this.model.element);
    }
    this.model.open();
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
