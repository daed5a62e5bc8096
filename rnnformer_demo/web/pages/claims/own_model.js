/** The hybrid that a visitor trained: kept in this tab alone, taken away as a checkpoint, or put to one's own sentences. */

import { h, replace } from "../../core/dom.js";
import { Workbench } from "../workbench.js";

/** @typedef {{weights: string, archive: string, entry: Record<string, any>}} Own see evaluation/claims/lab/own_model.py */

/** The engine on the server, which gets the weights along with each request and keeps nothing. */
class OwnEngine {
  /** @param {any} engine @param {() => string} weights */
  constructor(engine, weights) {
    this.engine = engine;
    this.weights = weights;
  }

  analyse(request, watch) {
    return this.engine.analyse({ ...request, own: this.weights() }, watch);
  }

  extend(document, steps, watch) {
    return this.engine.extend(document, steps, watch, { own: this.weights() });
  }
}

export class OwnModel {
  /**
   * @param {import("../../app.js").App} app @param {Own} own
   * @param {() => (words: string) => string} words what translates the model's task and limits
   */
  constructor(app, own, words) {
    this.own = own;
    this.element = h("section", { class: "claim-own", "aria-labelledby": "claim-own-title" });
    const nothing = { recall: () => null, remember() {} };
    // The app, but for what a model has that the server does not know: no address, no card, no report made there.
    this.app = Object.create(app, {
      engine: { value: new OwnEngine(app.engine, () => this.own.weights) },
      catalogue: { value: { ...app.catalogue, models: [own.entry], gallery: [] } },
      memory: { value: nothing },
      linkable: { value: false },
      link: { value: () => null },
      say: { get: () => (sentence) => words()(app.say(sentence)) },
    });
    this.workbench = new Workbench(this.app, "sequence");
    this.workbench.element.hidden = false;
    this.opened = false;
  }

  translate() {
    const { t } = this.app;
    replace(this.element, h("h3", { id: "claim-own-title", tabindex: "-1" }, t("own.title")), h("p", { class: "caption" }, t("own.about")), this.workbench.element);
    this.workbench.translate();
  }

  /** Show it, with an example analysed, and the focus at its title. */
  async open() {
    this.element.hidden = false;
    /** @type {HTMLElement} */ (this.element.querySelector("h3")).focus();
    await this.workbench.ready;
    if (this.opened) return;
    this.opened = true;
    await this.workbench.open({}, false);
  }

  /** Take another model, and analyse by it what stands in the input. @param {Own} own */
  replaced(own) {
    this.own = own;
    Object.assign(this.app.catalogue.models[0], own.entry);
    this.workbench.input.translate();
    if (this.opened) this.workbench.input.submit({ asked: false });
  }
}
