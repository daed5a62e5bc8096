/** A worker of the pool: it holds the runtime and the models that it was told of, and runs one program after the other. */

import { Programs } from "./programs.js";

/**
 * @typedef {object} Runtime where ONNX Runtime is
 * @property {string} module address of its script @property {string} glue address of what its binary needs @property {Uint8Array} binary
 *
 * @typedef {object} Task what a runner is asked to do
 * @property {number} number by which its answer is known
 * @property {string} model by its name @property {string} program
 * @property {Uint8Array} [weights] of a model that the runner has not seen
 * @property {Uint8Array} [graph] of a program that it has not seen
 * @property {Record<string, import("./programs.js").Values>} [feeds] none where the program is only to be opened
 * @property {string[] | null} [outputs] see `Programs.run`
 */

/** Load the runtime. @param {Runtime} runtime */
export async function loaded({ module, glue, binary }) {
  const ort = await import(module);
  ort.env.wasm.numThreads = 1; // runners are the threads: these need no headers that a static host does not send
  ort.env.wasm.wasmPaths = { mjs: glue };
  ort.env.wasm.wasmBinary = binary;
  return ort;
}

/**
 * Return the answer to tasks of other workers.
 * @param {Runtime} runtime
 * @returns {(task: Task) => Promise<void>}
 */
export function runner(runtime) {
  const ort = loaded(runtime);
  ort.catch(() => {}); // it is told with each answer
  /** @type {Map<string, Promise<Programs>>} */
  const models = new Map();
  /** @type {Map<string, Uint8Array>} */
  const graphs = new Map();
  const opened = async (/** @type {string} */ model, /** @type {Uint8Array} */ weights) =>
    new Programs(await ort, async (file) => /** @type {Uint8Array} */ (graphs.get(`${model}/${file}`)), weights);
  return async ({ number, model, program, weights, graph, feeds, outputs }) => {
    if (weights) models.set(model, opened(model, weights));
    if (graph) graphs.set(`${model}/${program}.onnx`, graph);
    try {
      const programs = /** @type {Programs} */ (await models.get(model));
      if (!feeds) await programs.session(program);
      const found = feeds ? await programs.run(program, feeds, outputs) : {};
      self.postMessage({ number, found }, { transfer: [...new Set(Object.values(found).map(({ data }) => data.buffer))] });
    } catch (error) {
      self.postMessage({ number, error: error.message || error.name });
    }
  };
}
