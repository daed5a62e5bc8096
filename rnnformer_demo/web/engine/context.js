/** The context of one analysis in the browser: model, input and forward pass, from which sections are filled. */

/**
 * @typedef {object} Sample one input as the model reads it, see `data/sample.py`
 * @property {Record<string, import("./programs.js").Values>} feeds inputs of the programs "trace" and "logits", with a batch of 1
 * @property {number} steps T, the number of steps that the hybrid reads; all are real
 * @property {number[]} tokenToUnit the unit of each step
 * @property {string[]} unitNames
 * @property {[number, number][]} spans start and end of each word in `display`, in code points; empty for a photo
 * @property {[number, number] | null} grid
 * @property {any} display the text that was read; of a photo its square, {data: Uint8ClampedArray (RGBA), width, height}
 * @property {string[]} warnings
 * @property {string} [normalised]
 * @property {[number, number, number, number] | null} [box]
 */

export class Context {
  /**
   * @param {import("./model.js").LocalModel} model
   * @param {Sample} sample
   * @param {{seed?: number, report?: (share: number) => void, milliseconds?: number}} [options] `report` is called with the share
   *   that is done, 0-1; what it throws ends the work. `milliseconds` are those that reading took
   */
  constructor(model, sample, { seed = 0, report = () => {}, milliseconds = 0 } = {}) {
    this.model = model;
    this.sample = sample;
    this.seed = seed;
    this.report = report;
    /** Time of reading, and of the forward pass once it is there. */
    this.milliseconds = milliseconds;
    /** @type {Promise<Record<string, import("./programs.js").Values>> | undefined} */
    this.pass = undefined;
  }

  /** Return the outputs of all hook points of one forward pass, by their names; it runs at the first call. */
  outputs() {
    this.pass ??= this.#run();
    return this.pass;
  }

  async #run() {
    await this.model.programs.session("trace"); // which is opened once, and is no part of the time
    const started = performance.now();
    const outputs = await this.model.programs.run("trace", this.sample.feeds);
    this.milliseconds += performance.now() - started;
    return outputs;
  }

  /** Return the logits of that pass. */
  async logits() {
    return /** @type {Float32Array} */ ((await this.outputs()).logits.data);
  }

  /** Return the tokens that the hybrid reads, (1, T, W). */
  async tokens() {
    return (await this.outputs()).tokens;
  }
}
