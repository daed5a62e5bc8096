/** The work of a page: runs analyses and further steps on an engine, and says how far they are. */

import { takesSeconds } from "./core/catalogue.js";
import { messageOf } from "./core/i18n.js";
import { OF_TARGET } from "./core/store.js";

/** Sections of an analysis in the order in which they come; "trust" follows on its own. */
export const SECTIONS = ["attribution", "attention", "recurrence", "prefixes", "interventions"];
/** About the words of a text, before the server has counted them. */
const WORDS = /\p{Script=Han}|[^\s\p{Script=Han}]+/gu;
/** Sections that take so little on a text that they need not wait for the measurements of others. */
const QUICK = [...SECTIONS, "jacobian"];

/**
 * @typedef {object} Status
 * @property {"idle" | "queued" | "running" | "done" | "stopped" | "failed"} state
 * @property {string} [step] what is being done: a section, "analysis", "edit" …
 * @property {number} [place] in the queue, counted from 1
 * @property {number} [seconds] until the answer is there, as far as that can be told
 * @property {number} [share] that is done, 0-1
 * @property {string} [message] of an error, in the server's English
 */

export class Session {
  /**
   * @param {object} options
   * @param {any} options.engine
   * @param {import("./core/store.js").Store} options.store
   * @param {(status: Status) => void} options.onStatus
   * @param {any[]} [options.methods] of the catalogue: those that take long wait in the queue of the measurements
   */
  constructor({ engine, store, onStatus, methods = [] }) {
    this.engine = engine;
    this.methods = methods;
    this.store = store;
    this.onStatus = onStatus;
    /** @type {Map<string, AbortController>} steps that run, by name */
    this.running = new Map();
    /** @type {Record<string, any> | null} the last request, which "analyse again" and the permalink repeat */
    this.request = null;
  }

  /**
   * Analyse an input; whatever runs ends. The prediction comes first, the other sections as they are there.
   * @param {{model: string, layout: string, source: any, method?: string, target?: string}} request
   * @returns {Promise<boolean>} whether all of it came
   */
  async analyse(request) {
    this.stop();
    this.request = request;
    if (this.store.document) this.store.expire([...SECTIONS, "prediction", "input", "trust"]);
    const words = typeof request.source === "string" ? request.source.match(WORDS)?.length ?? 0 : 0;
    const late = this.#isSlow(request.method, request.layout, words);
    const wanted = late ? SECTIONS.filter((name) => name !== "attribution") : SECTIONS;
    let first = true;
    const done = await this.#run("analysis", (watch) =>
      this.engine.analyse({ ...request, wanted }, {
        ...watch,
        sections: (sections) => {
          if (first) {
            this.store.reset(sections);
            this.store.expire([...SECTIONS, "trust"].filter((name) => !(name in sections)));
          } else this.store.merge(sections);
          first = false;
          watch.advance(this.store);
        },
      }),
    );
    if (!done) return false;
    return late ? this.explain(request) : this.measure();
  }

  /** Explain the shown input by another method or for another class. @param {{method?: string, target?: string}} request */
  async explain({ method, target }) {
    const { document } = this.store;
    const current = document.attribution;
    const step = { section: "attribution", method: method || current?.method, target: target || this.store.target };
    const same = (each) => each.method === step.method && each.target === step.target;
    if (current && same(current)) return true;
    this.stop("trust");
    const moved = document.interventions && document.interventions.target !== step.target;
    const known = (document.other_attributions ?? []).find(same);
    const steps = [...(known ? [] : [step]), ...(moved ? [{ section: "interventions" }] : [])];
    this.store.expire(moved ? OF_TARGET : ["attribution", "trust"]);
    if (known) this.store.merge({ attribution: known });
    return (!steps.length || (await this.#extend("attribution", steps))) && this.measure();
  }

  /** Measure how far the attribution can be trusted. */
  async measure() {
    this.store.expire(["trust"]);
    return this.#extend("trust", [{ section: "trust" }]);
  }

  /** Run one more step on the document. @param {Record<string, any>} step @returns {Promise<boolean>} */
  async extend(step) {
    const name = step.section ?? (step.edit ? "edit" : step.name ?? "step");
    if (step.section) this.store.expire([step.section]);
    return this.#extend(name, [step]);
  }

  /** Send one step and return its answer, which is not taken into the document. @param {Record<string, any>} step */
  async ask(step) {
    /** @type {any} */
    let answer = null;
    await this.#run(step.name ?? "step", (watch) => this.engine.extend(this.store.document, [step], { ...watch, sections: (part) => (answer = part) }));
    return answer;
  }

  /** End a step, or all of them. @param {string} [name] */
  stop(name) {
    this.#end(name);
    if (!this.running.size) this.store.settle();
  }

  #end(name) {
    for (const [step, controller] of [...this.running]) {
      if (name === undefined || step === name) {
        this.running.delete(step);
        controller.abort();
      }
    }
  }

  #isSlow(method, layout, words) {
    return takesSeconds(this.methods.find(({ name }) => name === method), layout, words);
  }

  #quick({ section, edit, method }, { layout, units }) {
    return section ? QUICK.includes(section) && !this.#isSlow(method, layout, units.length) : edit === "ablation" || edit === "replacement";
  }

  #extend(name, steps) {
    const document = this.store.document;
    const same = () => this.store.document?.input === document.input && this.store.document?.model === document.model;
    return this.#run(name, (watch) =>
      this.engine.extend(document, steps.map((step) => ({ ...step, quick: this.#quick(step, document.input) })), {
        ...watch,
        sections: (sections) => {
          if (same()) this.store.merge(sections);
          watch.advance(this.store);
        },
      }),
    );
  }

  /** Run a piece of work under a name; one that already runs under it ends. */
  async #run(name, work) {
    this.#end(name); // what it will fill stays marked as old
    const controller = new AbortController();
    this.running.set(name, controller);
    let step = name;
    const status = (part) => this.running.get(name) === controller && this.onStatus({ ...part, step: part.step ?? step });
    const advance = (store) => {
      step = SECTIONS.find((section) => store.stale.has(section)) ?? name;
      status({ state: "running" });
    };
    status({ state: "running" });
    try {
      await work({ signal: controller.signal, status, advance });
    } catch (error) {
      if (this.running.get(name) === controller) this.running.delete(name);
      if (!this.running.size) this.store.settle();
      if (controller.signal.aborted) {
        if (!this.running.size) this.onStatus({ state: "stopped", step: name });
        return false;
      }
      this.onStatus({ state: "failed", step: name, message: messageOf(error) });
      return false;
    }
    if (this.running.get(name) !== controller) return false;
    this.running.delete(name);
    if (!this.running.size) this.store.settle();
    this.onStatus({ state: "done", step: name });
    return true;
  }
}
