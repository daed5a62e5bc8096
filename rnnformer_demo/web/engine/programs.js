/** The programs of a model, run by ONNX Runtime's WebAssembly: see `graphs/programs.py`. */

/** @typedef {{data: any, dims: readonly number[]}} Values numbers of one tensor, row by row */

const TYPES = new Map(
  /** @type {[any, string][]} */ ([
    [Float32Array, "float32"],
    [BigInt64Array, "int64"],
    [Int32Array, "int32"],
    [Uint8Array, "bool"],
  ]),
);

const LONGEST = 50; // milliseconds of work after which messages are let in

/** Lets messages in, such as the one that ends the work, where there has been no chance for them for a while. */
class Breath {
  constructor() {
    this.last = performance.now();
  }

  async take() {
    if (performance.now() - this.last < LONGEST) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.last = performance.now();
  }
}

export class Programs {
  /**
   * @param {any} ort the runtime
   * @param {(name: string) => Promise<Uint8Array>} read gets a file of the model's folder
   * @param {Uint8Array} weights the checkpoint's own safetensors file
   */
  constructor(ort, read, weights) {
    this.ort = ort;
    this.read = read;
    this.weights = weights;
    /** @type {Map<string, Promise<any>>} */
    this.sessions = new Map();
    /** The number of programs that run at once. */
    this.lanes = 1;
    this.breath = new Breath();
  }

  /**
   * Run a program. Only floats come back: logits, and what is shown of the inside.
   * @param {string} program @param {Record<string, Values>} feeds its inputs by name: Float32Array for floats, BigInt64Array
   *   and Int32Array for whole numbers, Uint8Array for booleans
   * @param {string[] | null} [outputs] names of those that are wanted; all by default
   * @returns {Promise<Record<string, {data: Float32Array, dims: readonly number[]}>>}
   */
  async run(program, feeds, outputs) {
    await this.breath.take();
    const session = await this.session(program);
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { data, dims }]) => [name, new this.ort.Tensor(TYPES.get(data.constructor), data, dims)]),
    );
    const found = await session.run(tensors, outputs ?? session.outputNames);
    return Object.fromEntries(Object.entries(found).map(([name, tensor]) => [name, { data: tensor.data, dims: tensor.dims }]));
  }

  /** Return the session of a program, opened at its first use. @param {string} program */
  session(program) {
    let session = this.sessions.get(program);
    if (!session) {
      session = this.#open(program);
      this.sessions.set(program, session);
    }
    return session;
  }

  /** @param {string} program */
  async #open(program) {
    const graph = await this.read(`${program}.onnx`);
    return this.ort.InferenceSession.create(graph, { externalData: [{ path: "weights.safetensors", data: this.weights }] });
  }
}
