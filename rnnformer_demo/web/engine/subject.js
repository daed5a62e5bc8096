/** What is explained: a model at one input, which can be run with changes. */

import { NOTHING } from "./perturbations.js";

const UNKNOWN = 1; // entry of the vocabulary
const PADDING = 0;

/**
 * @typedef {import("./programs.js").Values} Values
 * @typedef {import("./perturbations.js").Variant} Variant
 */

export class Subject {
  /** @param {import("./context.js").Context} context */
  constructor(context) {
    this.context = context;
    this.model = context.model;
    this.sample = context.sample;
    this.layout = context.model.layout;
    /** The number of words or cells. */
    this.units = context.sample.unitNames.length;
    /** The number of programs that run at once. */
    this.lanes = context.model.programs.lanes;
    /** @type {Promise<Record<string, Values>> | undefined} */
    this.seen = undefined;
    /** @type {Promise<Values> | undefined} */
    this.empty = undefined;
  }

  /** Return the tokens that the hybrid reads, (1, T, W). @returns {Promise<Values>} */
  tokens() {
    return this.context.tokens();
  }

  /** Return the tokens of the input without evidence, (1, T, W): unknown tokens, or a grey photo's. @returns {Promise<Values>} */
  nothing() {
    this.empty ??= this.#nothing();
    return this.empty;
  }

  /** Return attention, pooling and contributions of the input, see the program "inside". */
  inside() {
    this.seen ??= this.tokens().then((tokens) => this.run("inside", { tokens }));
    return this.seen;
  }

  /** Return the logits of the input. */
  async logits() {
    return /** @type {Float32Array} */ ((await this.inside()).logits.data);
  }

  /**
   * Return the logits of tokens without padding, one row for each of the batch.
   * @param {Values} tokens
   */
  async tokenLogits(tokens) {
    const [rows, steps] = tokens.dims;
    /** @type {Record<string, Values>} */
    const padding =
      this.layout === "grid"
        ? { mask: { data: new Uint8Array(rows * steps).fill(1), dims: [rows, steps] } }
        : { lengths: { data: new Int32Array(rows).fill(steps), dims: [rows] } };
    return rowsOf((await this.run("token_logits", { tokens, ...padding })).logits);
  }

  /**
   * Return the gradient of a class's logit by tokens without padding, or more of what a program of gradients gives.
   * @param {Values} tokens @param {number} target @param {string} program @param {string[] | null} outputs null for all
   */
  gradient(tokens, target, program = "gradient", outputs = ["gradient"]) {
    return this.run(program, { tokens, target: { data: BigInt64Array.of(BigInt(target)), dims: [1] } }, outputs);
  }

  /**
   * Return the logits of variants of the input, a row for each.
   * @param {Variant[]} variants @param {boolean} _inPlace see `Perturbation`
   * @returns {Promise<Float32Array[]>}
   */
  async logitsOf(variants, _inPlace) {
    const feeds = this.layout === "grid" ? this.photoFeeds(variants) : this.#textFeeds(variants);
    return rowsOf((await this.run("logits", feeds, ["logits"])).logits);
  }

  /**
   * Run a program, see `Programs.run`.
   * @param {string} program @param {Record<string, Values>} feeds @param {string[] | null} [outputs]
   * @returns {Promise<Record<string, any>>}
   */
  run(program, feeds, outputs) {
    return this.model.programs.run(program, feeds, outputs);
  }

  /** @param {Variant[]} photos */
  photoFeeds(photos) {
    const [, ...dims] = this.sample.feeds.photos.dims;
    const data = new Float32Array(photos.length * photos[0].length);
    photos.forEach((photo, row) => data.set(photo, row * photo.length));
    return { photos: { data, dims: [photos.length, ...dims] } };
  }

  async #nothing() {
    const { feeds } = this.sample;
    /** @type {Record<string, Values>} */
    const empty =
      this.layout === "grid"
        ? { photos: { data: new Float32Array(feeds.photos.data.length), dims: feeds.photos.dims } }
        : { ids: { data: feeds.ids.data.map(() => BigInt(UNKNOWN)), dims: feeds.ids.dims }, lengths: feeds.lengths };
    return (await this.run("logits", empty, ["tokens"])).tokens;
  }

  /** @param {Variant[]} texts */
  #textFeeds(texts) {
    const own = this.sample.feeds.ids.data;
    const steps = Math.max(...texts.map((text) => text.length));
    const ids = new BigInt64Array(texts.length * steps).fill(BigInt(PADDING));
    texts.forEach((text, row) => {
      text.forEach((place, step) => (ids[row * steps + step] = place === NOTHING ? BigInt(UNKNOWN) : own[place]));
    });
    const lengths = Int32Array.from(texts, (text) => text.length);
    return { ids: { data: ids, dims: [texts.length, steps] }, lengths: { data: lengths, dims: [texts.length] } };
  }
}

/** Return the rows of a matrix. @param {Values} values @returns {Float32Array[]} */
export function rowsOf({ data, dims: [rows, columns] }) {
  return Array.from({ length: rows }, (_, row) => data.subarray(row * columns, (row + 1) * columns));
}
