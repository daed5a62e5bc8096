/** A model in the browser: its card, its reader and its programs. */

import { TextReader } from "./text/reader.js";
import { WritingCheck } from "./writing.js";

/**
 * @typedef {import("./programs.js").Programs | import("./pool.js").SharedPrograms} Programs
 * @typedef {object} Reader
 * @property {(source: any) => import("./context.js").Sample | Promise<import("./context.js").Sample>} read reads a text, or the bytes of a
 *   photo; throws InputError
 */

export class LocalModel {
  /** @param {{card: any, facts: any, weights: Uint8Array, programs: Programs, reader: any, writing: WritingCheck | null}} parts see `site/models.py` */
  constructor({ card, facts, weights, programs, reader, writing }) {
    this.card = card;
    this.facts = facts;
    this.weights = weights;
    this.programs = programs;
    this.reader = reader;
    this.writing = writing;
    /** @type {string[]} */
    this.labels = facts.model.labels;
    /** @type {"sequence" | "grid"} */
    this.layout = facts.layout;
    /** @type {[number, number] | null} */
    this.grid = facts.grid;
  }

  /**
   * Open a model.
   * @param {(weights: Uint8Array) => Programs} programsOf
   * @param {(name: string) => Promise<Uint8Array>} read gets a file of the model's folder
   * @param {() => Promise<any>} textFacts gets what readers of text must know, see `site/text_facts.py`
   */
  static async open(programsOf, read, textFacts) {
    const json = async (/** @type {string} */ name) => JSON.parse(new TextDecoder().decode(await read(name)));
    const [card, facts, weights] = await Promise.all([json("card.json"), json("facts.json"), read("weights.safetensors")]);
    const parts = { card, facts, weights, programs: await programsOf(weights) };
    if (facts.layout === "grid") {
      const { PhotoReader } = await import("./photo/reader.js");
      return new LocalModel({ ...parts, reader: new PhotoReader(facts.preprocessing), writing: null });
    }
    const [tokenizer, known] = await Promise.all([json("tokenizer.json"), textFacts()]);
    const reader = new TextReader(facts.preprocessing, tokenizer, known);
    return new LocalModel({ ...parts, reader, writing: new WritingCheck(known.writing, reader.tokenizer) });
  }
}
