/** A page of one layout: the input on the left, what the model makes of it on the right. */

import * as address from "../address.js";
import { button, h, replace } from "../core/dom.js";
import { Store } from "../core/store.js";
import { Explorer } from "../explorer.js";
import { InputCard } from "./input.js";
import { Tour } from "./tour.js";
import { TakeAway, saveView } from "../takeaway.js";
import { Session } from "../session.js";

export class Workbench {
  /** @param {import("../app.js").App} app @param {"sequence" | "grid"} layout */
  constructor(app, layout) {
    this.app = app;
    this.layout = layout;
    this.page = address.PAGE_OF[layout];
    this.store = new Store();
    const { engine, catalogue } = app;
    this.session = new Session({ engine, store: this.store, onStatus: (status) => this.#status(status), methods: catalogue.methods });
    this.input = new InputCard(app, this);
    this.status = h("div", { class: "status-line" });
    this.explorer = new Explorer({
      store: this.store,
      views: app.views.filter((view) => view.layouts.includes(layout)),
      load: (name) => app.load(`views/${name}.js`),
      context: (view) => this.#context(view),
    });
    this.takeaway = new TakeAway(this);
    this.results = h("div", { class: "results" }, h("div", { class: "results-head" }, this.status, this.takeaway.element), this.explorer.element);
    this.element = h("div", { class: "workbench", hidden: true }, this.input.element, this.results);
    this.ready = this.explorer.ready;
    this.last = /** @type {import("../session.js").Status} */ ({ state: "idle" });
    this.tour = new Tour(app, this);
    this.store.subscribe((changed) => changed.has("attribution") && this.#settled());
    addEventListener("pagehide", () => app.memory.remember(this));
    document.addEventListener("visibilitychange", () => document.hidden && app.memory.remember(this));
  }

  translate() {
    this.input.translate();
    this.takeaway.translate();
    this.tour.translate();
    if (this.explorer.panels.size) this.explorer.translate();
    this.#status(this.last, false);
  }

  /**
   * Show what the address says; the first time, with nothing said, an example, or what was here before a reload.
   * @param {any} wanted @param {boolean} first
   */
  async open(wanted, first) {
    const named = wanted.model || wanted.text || wanted.example;
    const fresh = !this.store.document && !this.session.running.size;
    const kept = fresh ? this.app.memory.recall(this, named ? wanted : null) : null;
    if (kept) this.recall(kept);
    else if (named) await this.input.restore(wanted);
    else if (fresh) {
      if (first) this.tour.invite();
      await this.input.welcome();
    } else this.#written();
    if (wanted.view) this.explorer.show(wanted.view);
  }

  /** Show an analysis that was made before. @param {import("./memory.js").Kept} kept */
  recall({ place, document, request, typed, unfinished }) {
    this.session.stop();
    this.place = place;
    this.session.request = request;
    this.store.reset(document);
    this.input.recall(document, request, typed);
    this.#written();
    this.#status({ state: "done", step: "analysis" }, false);
    if (unfinished) this.session.measure();
  }

  /** Buttons in the page's head. */
  tools() {
    return this.tour.button();
  }

  /** Analyse an input, keep it in the address, and show the results. @param {any} request @param {any} place its address */
  async analyse(request, { asked, ...place }) {
    this.place = { page: this.page, ...place, method: this.#unusual(request.method), target: request.target };
    this.#written();
    if (asked && matchMedia("(max-width: 760px)").matches) this.results.scrollIntoView({ block: "start" });
    await this.session.analyse(request);
  }

  /** Take the method and the class that are shown into the address; what everybody gets is left out. */
  #settled() {
    const { attribution, prediction } = this.store.document ?? {};
    if (!attribution || !this.place) return;
    const target = attribution.target !== prediction.label ? attribution.target : "";
    this.place = { ...this.place, method: this.#unusual(attribution.method), target };
    this.#written();
  }

  #unusual(method) {
    return method === this.app.catalogue.methods[0].name ? "" : method;
  }

  #written() {
    if (this.app.page === this.page && this.place) address.write(this.place);
  }

  #context(view) {
    const { t, say, format, language, catalogue } = this.app;
    return { t, say, format, language, catalogue, actions: this.#actions(), announce: (sentence) => this.app.announce(sentence), view };
  }

  #actions() {
    const { session } = this;
    return {
      explain: (request) => session.explain(request),
      extend: (step) => session.extend(step),
      ask: (step) => session.ask(step),
      stop: (step) => {
        session.stop(step);
        this.store.settle([step]); // whatever else runs goes on
      },
      measure: () => session.measure(),
      analyseText: (text) => this.input.analyseText(text),
      exportView: (view, kind) => saveView(this, view, kind),
      linkable: this.app.linkable,
      photo: () => this.input.photo ?? null,
      engine: this.app.engine,
      request: () => session.request,
    };
  }

  /** @param {import("../session.js").Status} status @param {boolean} [announced] */
  #status(status, announced = true) {
    this.last = status;
    const { t, say } = this.app;
    const busy = status.state === "queued" || status.state === "running";
    const step = status.step ? t(`step.${status.step}`) : "";
    const share = status.share === undefined ? "" : ` ${this.app.format.wholePercent(status.share)}`;
    const wait = status.seconds === undefined ? "" : t("status.wait", { seconds: Math.ceil(status.seconds) });
    const prediction = this.store.document?.prediction;
    const answer = prediction ? t("status.prediction", { label: prediction.label, share: this.app.format.percent(prediction.confidence) }) : "";
    const text = {
      idle: "",
      queued: t("status.queued", { place: status.place ?? 1 }) + wait,
      running: t("status.running", { step }) + share,
      done: this.session.running.size ? answer : `${answer} ${t("status.done")}`,
      stopped: `${answer} ${t("status.stopped")}`,
      failed: "",
    }[status.state];
    replace(
      this.status,
      h("p", {}, text),
      busy && status.share !== undefined ? h("progress", { max: 1, value: status.share, "aria-label": step }) : null,
      busy ? button(t("stop"), () => this.session.stop(), { class: "quiet" }) : null,
    );
    if (status.state === "failed") this.input.fail(say(status.message ?? ""), status.step);
    else if (status.state === "done") this.input.succeed(status.step);
    this.results.classList.toggle("busy", busy);
    // One sentence a stage: progress in percent is for the eye alone.
    const spoken = { queued: text, running: t("status.running", { step }), done: text, stopped: text }[status.state] ?? "";
    if (announced && spoken !== this.spoken) this.app.announce((this.spoken = spoken));
  }
}
