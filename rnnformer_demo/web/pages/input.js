/** The input card: text or photo, what it is to be read by, and examples to begin with. */

import { button, h, replace, uniqueId } from "../core/dom.js";
import { betterModel, languageOf } from "../core/language.js";
import { Gallery } from "./gallery.js";
import { modelChoice } from "./model_choice.js";
import { PhotoInput } from "./photo_input.js";

const MOST = 8000; // letters of a text that an address can hold

export class InputCard {
  /** @param {import("../app.js").App} app @param {import("./workbench.js").Workbench} workbench */
  constructor(app, workbench) {
    this.app = app;
    this.workbench = workbench;
    this.models = app.catalogue.models.filter((model) => model.layout === workbench.layout);
    this.model = this.models[0]?.name;
    this.text = "";
    this.source = /** @type {any} */ (null); // of a photo: what the engine takes
    this.example = /** @type {import("./gallery.js").Entry | null} */ (null); // whose photo is in the input
    this.failed = /** @type {string | null} */ (null); // the step whose error is shown
    this.open = new Set(); // parts of the card that are unfolded
    this.gallery = new Gallery(app, this.models, (entry) => this.analyseExample(entry));
    const photo = { chosen: (source) => this.#take(source), fail: (sentence) => this.fail(sentence) };
    if (workbench.layout === "grid") this.camera = new PhotoInput(app, photo);
    this.element = h("form", { class: "input-card", novalidate: true });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.error = h("p", { class: "error", role: "alert" });
    this.hint = h("div", { class: "input-hint" });
    this.choice = h("div", { class: "model-choice" });
    this.examples = h("div");
  }

  /** The photo at its own resolution; null where the browser cannot draw it. */
  get photo() {
    return this.camera?.image ?? null;
  }

  /** The entry of the catalogue that is chosen. */
  get chosen() {
    return this.models.find(({ name }) => name === this.model);
  }

  /** Write everything in the language of today; what was typed stays. */
  translate() {
    const { t } = this.app;
    if (!this.chosen) return replace(this.element, h("p", {}, t("input.noModels")));
    const id = uniqueId("text");
    const listening = { oninput: () => this.#typed(), onkeydown: (event) => this.#key(event) };
    this.area = h("textarea", { id, rows: 4, dir: "auto", placeholder: t("input.placeholder"), ...listening });
    this.area.value = this.text;
    this.camera?.translate();
    replace(
      this.element,
      this.camera ? this.camera.element : h("div", { class: "text-input" }, h("label", { for: id }, t("input.text")), this.area),
      this.hint,
      this.error,
      h("button", { type: "submit", class: "primary" }, t("analyse")),
      this.choice,
      this.examples,
    );
    this.#showModel();
  }

  #showModel() {
    replace(this.choice, modelChoice(this.app, this.models, this.chosen, (name) => this.choose(name), this.open));
    replace(this.examples, this.gallery.element(this.chosen));
    this.#showHint();
  }

  /** The example that is in the input, where the chosen model is the one that its story is about. */
  get told() {
    const inInput = this.camera ? (entry) => entry.photo && entry.photo === this.source?.example : ({ text }) => text === this.text;
    return this.gallery.entries.find((entry) => entry.model === this.model && inInput(entry)) ?? null;
  }

  /** Say below the input what there is to say: its story, another model for its language, that it has changed. */
  #showHint() {
    const { t } = this.app;
    const { told } = this;
    const better = this.camera ? null : betterModel(this.models, this.model, this.text);
    const { input } = this.workbench.store.document ?? {};
    const typed = this.camera ? "" : this.text.trim();
    const changed = input && typed && typed !== input.text?.trim() && !this.workbench.session.running.has("analysis");
    this.gallery.mark(told);
    replace(
      this.hint,
      told?.id ? h("p", { class: "story" }, this.gallery.title(told), " ", t(`gallery.${told.id}.story`)) : null,
      better ? this.#offer(better) : null,
      changed && !told && !better ? h("p", { class: "caption" }, t("input.changed")) : null,
    );
  }

  #offer({ name }) {
    const { t } = this.app;
    const language = languageOf(name);
    const use = () => {
      this.choose(name);
      this.area.focus();
    };
    return h("div", { class: "notice offer" }, h("p", {}, t(`input.looks.${language}`)), button(t(`input.use.${language}`), use));
  }

  #typed() {
    this.text = this.area.value;
    this.#showHint();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  #take(source) {
    this.source = source;
    this.submit();
  }

  /** Choose another model: what is in the input is analysed anew. @param {string} name */
  choose(name) {
    const focused = document.activeElement?.closest(".choice, .architectures")?.className;
    this.model = name;
    this.#showModel();
    if (focused) /** @type {any} */ (this.choice.querySelector(focused === "choice" ? "select" : "input:checked"))?.focus();
    if (this.camera ? this.source : this.text.trim()) this.submit({ asked: false });
  }

  /** Show an error beside the input. @param {string} sentence @param {string} [step] that failed; "input" where nothing could begin */
  fail(sentence, step = "input") {
    this.failed = step;
    this.error.textContent = sentence;
  }

  /** Take the error away: the step that failed, or a whole analysis, went well. @param {string} [step] */
  succeed(step = "analysis") {
    // What is wrong with the input stays, also when an analysis that began before is done.
    if (this.failed && (step === this.failed || (step === "analysis" && this.failed !== "input"))) this.fail("");
    this.#showHint();
  }

  /**
   * Analyse what is in the input.
   * @param {{asked?: boolean, method?: string, target?: string}} [options] asked: the visitor waits for the results; method:
   *   by default the one that is shown
   */
  async submit({ asked = true, method, target } = {}) {
    const { workbench } = this;
    const source = this.camera ? this.source : this.text;
    if (!(this.camera ? source : source.trim())) {
      this.fail(this.app.t(this.camera ? "input.noPhoto" : "input.empty"));
      (this.camera?.element.querySelector("button") ?? this.area).focus();
      return;
    }
    if (this.failed === "input") this.fail("");
    const shown = workbench.store.document?.attribution;
    const usual = this.#works(shown?.method) ? shown.method : "";
    const place = { model: this.model, text: this.camera || this.text.length > MOST ? "" : this.text, example: source.example ?? "" };
    const request = { model: this.model, layout: workbench.layout, source, method: method || usual, target: target ?? "" };
    const running = workbench.analyse(request, { ...place, asked });
    this.#showHint();
    await running;
  }

  /** Return whether a method works on the chosen model as it does on the one that is shown. */
  #works(method) {
    return method && (this.workbench.store.document.model.name === this.model || !/attention|recurrence/.test(method));
  }

  /** Put a text into the input and analyse it. @param {string} text @param {any} [options] of `submit` */
  analyseText(text, options) {
    this.text = this.area.value = text;
    return this.submit(options);
  }

  /**
   * Analyse an example by the model that its story is about.
   * @param {import("./gallery.js").Entry} entry @param {any} [options] of `submit`
   */
  async analyseExample(entry, options) {
    if (this.model !== entry.model) {
      this.model = entry.model;
      this.#showModel();
    }
    if (!entry.photo) return this.analyseText(/** @type {string} */ (entry.text), options);
    this.source = { example: entry.photo };
    await this.camera?.showExample(entry.photo);
    return this.submit(options);
  }

  /** Open what an address says: everything is computed anew. @param {any} wanted */
  async restore(wanted) {
    const { method, target, text, example } = wanted;
    const known = this.models.some(({ name }) => name === wanted.model);
    if (known) this.model = wanted.model;
    if (text && !this.camera) this.text = text;
    this.translate();
    if (!this.chosen) return;
    const options = { asked: false, method, target };
    if (wanted.model && !known) return this.fail(this.app.t("input.noModel", { model: wanted.model }));
    if (text && !this.camera) return this.submit(options);
    if (example && this.camera) {
      const entry = this.gallery.entries.find(({ photo }) => photo === example);
      if (!entry) return this.fail(this.app.t("input.noExample", { example }));
      return this.analyseExample({ ...entry, model: wanted.model ?? entry.model }, options);
    }
    const told = this.gallery.entries.some((entry) => entry.text === this.text);
    const own = this.camera ? this.source && !this.source.example : this.text.trim() && !told;
    return own ? this.submit(options) : this.welcome(options);
  }

  /** Show what a kept analysis was made of. @param {any} analysis @param {any} request @param {string} typed */
  recall({ input, model }, request, typed) {
    this.model = model.name;
    this.source = request?.source ?? null;
    this.text = typed;
    this.translate();
    if (this.source?.example) this.camera?.showExample(this.source.example);
    else if (input.image) this.camera?.showRead(input.image);
  }

  /** Analyse an example of the chosen model: the page opens with a result. @param {any} [options] of `submit` */
  async welcome(options) {
    const entry = this.chosen && this.gallery.firstOf(this.chosen);
    if (entry) await this.analyseExample({ ...entry, model: this.model }, { asked: false, ...options });
  }
}
