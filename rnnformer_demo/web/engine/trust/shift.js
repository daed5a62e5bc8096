/** An input whose embedding is shifted, for max-sensitivity to explain anew, see `shift.py`. */

import { NOTHING } from "../perturbations.js";
import { rowsOf, Subject } from "../subject.js";

/** A subject that adds a fixed shift to its embedded input. The input without evidence stays where it is. */
export class ShiftedSubject extends Subject {
  /**
   * @param {Subject} subject is left as it is @param {Float32Array} shift of the tokens of a text, or of the pixels of a photo
   */
  constructor(subject, shift) {
    super(subject.context);
    this.shift = shift;
    this.empty = subject.nothing();
    /** @type {Promise<import("../programs.js").Values> | undefined} */
    this.moved = undefined;
  }

  /** @returns {Promise<import("../programs.js").Values>} */
  tokens() {
    this.moved ??= this.#moved();
    return this.moved;
  }

  /** @param {import("../perturbations.js").Variant[]} variants @param {boolean} inPlace @returns {Promise<Float32Array[]>} */
  async logitsOf(variants, inPlace) {
    if (this.layout === "grid") return super.logitsOf(variants.map((photo) => this.#plusShift(photo)), inPlace);
    return this.#textLogits(variants, inPlace);
  }

  async #moved() {
    if (this.layout === "grid") {
      const feeds = this.photoFeeds([this.#plusShift(this.sample.feeds.photos.data)]);
      return (await this.run("logits", feeds, ["tokens"])).tokens;
    }
    const { data, dims } = await this.context.tokens();
    return { data: this.#plusShift(data), dims };
  }

  /** @param {Float32Array | Int32Array} embedded */
  #plusShift(embedded) {
    return Float32Array.from(embedded, (value, place) => value + this.shift[place]);
  }

  /** Return the logits of texts; tokens that stay take their shifts along, those replaced in place have that of the place. */
  async #textLogits(/** @type {import("../perturbations.js").Variant[]} */ texts, /** @type {boolean} */ inPlace) {
    const own = await this.tokens();
    const nothing = (await this.nothing()).data;
    const width = own.dims[2];
    const steps = Math.max(...texts.map((text) => text.length));
    const data = new Float32Array(texts.length * steps * width);
    texts.forEach((text, row) => {
      text.forEach((place, step) => {
        const start = (row * steps + step) * width;
        if (place !== NOTHING) return data.set(own.data.subarray(place * width, (place + 1) * width), start);
        for (let unit = 0; unit < width; unit += 1) data[start + unit] = nothing[unit] + (inPlace ? this.shift[step * width + unit] : 0);
      });
    });
    const lengths = { data: Int32Array.from(texts, (text) => text.length), dims: [texts.length] };
    const tokens = { data, dims: [texts.length, steps, width] };
    return rowsOf((await this.run("token_logits", { tokens, lengths })).logits);
  }
}
