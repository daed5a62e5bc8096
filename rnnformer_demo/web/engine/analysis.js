/** The analysis service in the browser: it fills the same document as `analysis/service.py`, section by section. */

import { explain } from "./attribution/index.js";
import { Context } from "./context.js";
import { InputError } from "./errors.js";
import { cut, quoted, rounded } from "./format.js";
import { textIn } from "./requests.js";
import { attentionSection, jacobianSection } from "./sections/attention.js";
import { inputOf, predictionOf } from "./sections/input.js";
import { interventionsSection } from "./sections/interventions.js";
import { prefixesSection } from "./sections/prefixes.js";
import { quantitiesOf, recurrenceSection } from "./sections/recurrence.js";
import { joined } from "./shell.js";
import { STEPS } from "./steps.js";
import { assess } from "./trust/index.js";

const SCHEMA = 2;
const MOST_LISTED = 8;

/**
 * @typedef {import("./model.js").LocalModel} LocalModel
 * @typedef {(share: number) => void} Report is called with the share that is done, 0-1; what it throws ends the work
 * @typedef {{method?: string, target?: string | null, options?: Record<string, string>}} Asked of the section "attribution"
 * @typedef {(context: Context, document: any, asked: Asked) => Promise<any>} Builder
 */

/** Builders of the sections, in an order in which each finds what it reads. @type {Record<string, Builder>} */
const BUILDERS = {
  attribution: attributionSection,
  attention: attentionSection,
  jacobian: jacobianSection,
  recurrence: recurrenceSection,
  prefixes: prefixesSection,
  interventions: interventionsSection,
  trust: trustSection,
};

export class Analyst {
  /** @param {(name: string) => Promise<LocalModel>} open gets a model by its name, opened once @param {string} version of the software */
  constructor(open, version) {
    this.open = open;
    this.version = version;
    this.quantities = quantitiesOf;
    this.predict = predictionOf;
  }

  /**
   * Analyse an input: yields the sections of the document one after the other.
   * @param {any} request model, source (a text, or the bytes of a photo), wanted sections, method and target
   * @param {Report} report
   */
  async *analyse(request, report = () => {}) {
    const model = await this.open(textIn(request, "model"));
    const wanted = (request.wanted ?? []).map(String);
    checkSections(wanted);
    const target = textIn(request, "target") || null;
    const context = await this.#read(model, request.source, report);
    const asked = { method: textIn(request, "method") || undefined, target };
    if (target !== null) classIndex(model, target);
    let document = await this.#begin(context, request.source);
    yield document;
    const sections = Object.keys(BUILDERS).filter((name) => wanted.includes(name));
    for (const [done, name] of sections.entries()) {
      context.report = (share) => report((done + share) / sections.length);
      const changes = await this.#filled(context, document, name, asked);
      document = { ...document, ...changes };
      yield changes;
    }
  }

  /**
   * Take further steps on a document: yields the sections that each of them changes, or its answer.
   * @param {any} document @param {any[]} steps @param {Report} report
   */
  async *extend(document, steps, report = () => {}) {
    for (const step of steps) {
      const name = textIn(step, "section") ? "section" : textIn(step, "edit") || textIn(step, "name");
      if (name !== "section" && !Object.hasOwn(STEPS, name)) {
        throw new InputError(`There is no step ${quoted(cut(name, 60))}: there is ${["section", ...Object.keys(STEPS)].join(", ")}.`);
      }
      const changed = name === "section" ? this.#section(document, step, report) : STEPS[name](this, document, step, report);
      for await (const changes of changed) {
        yield changes;
        if (!("matches" in changes)) document = { ...document, ...changes };
      }
    }
  }

  /** Return the context of a document: its model, and its input, read again. @param {any} document @param {Report} report */
  async contextOf(document, report = () => {}) {
    const model = await this.open(document.model.name);
    if (model.facts.model.sha256 !== document.model.sha256) {
      throw new InputError(`The weights of ${document.model.name} are others than those of this analysis: analyse again.`);
    }
    const { seed } = document.provenance;
    return new Context(model, await sampleOf(model, document.input), { seed, report });
  }

  /** Return the sections that change where one of them is filled. @param {any} document @param {string} section @param {Report} report @param {Asked} [asked] */
  async fill(document, section, report, asked = {}) {
    checkSections([section]);
    return this.#filled(await this.contextOf(document, report), document, section, asked);
  }

  /** Return the context of another text. @param {LocalModel} model @param {string} text */
  read(model, text) {
    return new Context(model, model.reader.read(text));
  }

  /** Return the examples on the cards of a text model's family. @param {LocalModel} model @returns {string[]} */
  examples(model) {
    return model.facts.examples;
  }

  /** @param {any} document @param {any} step @param {Report} report */
  async *#section(document, step, report) {
    const section = textIn(step, "section");
    const options = step.options ?? {};
    const asked = {
      method: textIn(step, "method") || undefined,
      target: textIn(step, "target") || null,
      options: Object.fromEntries(Object.keys(options).map((key) => [key, textIn(options, key)])),
    };
    yield await this.fill(document, section, report, section === "attribution" ? asked : {});
  }

  /** @param {LocalModel} model @param {any} source @param {Report} report */
  async #read(model, source, report) {
    const started = performance.now();
    const sample = await model.reader.read(source);
    return new Context(model, sample, { report, milliseconds: performance.now() - started });
  }

  /** Return the sections that every document has. @param {Context} context @param {any} source */
  async #begin(context, source) {
    const { model, sample } = context;
    const also = sample.grid ? { source: null, image: await encoded(sample.display) } : { source: source.toWellFormed(), image: null };
    return {
      schema: SCHEMA,
      model: model.facts.model,
      input: inputOf(sample, also),
      prediction: await predictionOf(context),
      provenance: { version: this.version, seed: context.seed, command: "", seconds: {} },
    };
  }

  /** @param {Context} context @param {any} document @param {string} section @param {Asked} asked @returns {Promise<Record<string, any>>} */
  async #filled(context, document, section, asked) {
    const started = performance.now();
    const value = await BUILDERS[section](context, document, asked);
    const spent = rounded((performance.now() - started) / 1000, 4);
    const { trust, ...others } = document.provenance.seconds;
    const replaced = section === "attribution" && document.attribution;
    const seconds = { ...(replaced || trust === undefined ? others : { ...others, trust }), [section]: spent };
    const changes = { [section]: value, ...(replaced ? { other_attributions: othersOf(document, value) } : {}) };
    const command = commandOf({ ...document, ...changes });
    return { ...changes, provenance: { ...document.provenance, command, seconds } };
  }
}

/** @type {Builder} */
async function attributionSection(context, document, { method, target = null, options = {} }) {
  const { model } = context;
  const index = classIndex(model, target ?? document.attribution?.target ?? document.prediction.label);
  return explain(context, { method: method ?? model.facts.methods[0].name, target: index, options });
}

/** @type {Builder} */
async function trustSection(context, { attribution, prediction }) {
  if (!attribution) throw new InputError("There is no attribution yet whose trust could be measured.");
  return assess(context, attribution, prediction.ood ? prediction.ood.in_domain : null);
}

/** @param {LocalModel} model @param {any} input of a document */
async function sampleOf(model, input) {
  if (input.layout === "sequence") return { ...model.reader.read(input.text), warnings: input.warnings };
  if (input.image === null) throw new InputError("The photo is not in this document: analyse it again.");
  const { decodePng } = await import("./photo/png.js");
  return model.reader.ofSquare(await decodePng(input.image), input.warnings);
}

/** @param {any} square of a photo @returns {Promise<string>} base64 of a PNG */
async function encoded(square) {
  const { encodePng } = await import("./photo/png.js");
  return encodePng(square);
}

/** Return the index of a class by its name, however its letters are written, or by its number. @param {LocalModel} model @param {string} label */
function classIndex({ labels }, label) {
  const folded = (/** @type {string} */ text) => text.normalize("NFKC").toLowerCase().replaceAll("_", " ").trim();
  const places = [labels.indexOf(label), labels.findIndex((each) => folded(each) === folded(label)), /^\d+$/.test(label) ? Number(label) : -1];
  const index = places.find((place) => place >= 0 && place < labels.length);
  if (index === undefined) throw new InputError(`There is no label ${quoted(cut(label, 60))}: this model has ${listed(labels)}.`);
  return index;
}

/** Return the first of some labels, see `data/listing.py`. @param {string[]} labels */
function listed(labels) {
  return labels.slice(0, MOST_LISTED).map((label) => cut(label, 40)).join(", ") + (labels.length > MOST_LISTED ? ", ..." : "");
}

/** @param {string[]} names */
function checkSections(names) {
  const unknown = names.find((name) => !Object.hasOwn(BUILDERS, name));
  if (unknown !== undefined) {
    throw new InputError(`There is no section ${quoted(cut(unknown, 60))} to fill: there is ${Object.keys(BUILDERS).join(", ")}.`);
  }
}

/** Return the attributions that were computed before, without those that the new one replaces. @param {any} document @param {any} added */
function othersOf({ attribution, other_attributions: others = [] }, added) {
  return [...others, attribution].filter(({ method, target }) => method !== added.method || target !== added.target);
}

/** Return the command that repeats an analysis; "" where its input has no name on a command line. @param {any} document */
function commandOf({ model, input: { source }, attribution, provenance }) {
  if (source === null) return "";
  const command = ["python", "-m", "rnnformer_demo", "explain", model.name];
  const isOption = source.startsWith("-"); // it would be taken for one anywhere but at the end
  if (!isOption) command.push(source);
  if (attribution) {
    command.push("--method", attribution.method, "--target", attribution.target);
    for (const [name, value] of Object.entries(attribution.options)) command.push("--option", `${name}=${value}`);
  }
  return joined([...command, "--seed", String(provenance.seed), ...(isOption ? ["--", source] : [])]);
}
