/** A model in the browser: its card, its reader and its programs. */

import { Programs } from "./programs.js";

export class LocalModel {
  /**
   * @param {{card: any, facts: any, tokenizer: any, weights: Uint8Array, programs: Programs}} parts see `site/models.py`
   */
  constructor({ card, facts, tokenizer, weights, programs }) {
    this.card = card;
    this.facts = facts;
    this.tokenizer = tokenizer;
    this.weights = weights;
    this.programs = programs;
    /** @type {string[]} */
    this.labels = facts.model.labels;
    /** @type {"sequence" | "grid"} */
    this.layout = facts.layout;
    /** @type {[number, number] | null} */
    this.grid = facts.grid;
  }

  /**
   * Open a model.
   * @param {any} ort the runtime @param {(name: string) => Promise<Uint8Array>} read gets a file of its folder
   */
  static async open(ort, read) {
    const text = async (/** @type {string} */ name) => JSON.parse(new TextDecoder().decode(await read(name)));
    const [card, facts, weights] = await Promise.all([text("card.json"), text("facts.json"), read("weights.safetensors")]);
    const tokenizer = facts.layout === "sequence" ? await text("tokenizer.json") : null;
    return new LocalModel({ card, facts, tokenizer, weights, programs: new Programs(ort, read, weights) });
  }
}
