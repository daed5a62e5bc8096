/**
 * The worker of the engine in the browser: it reads the models, and answers one call after the other, but for quick ones,
 * which need not wait. The programs are run by further workers.
 */

import { Analyst } from "./analysis.js";
import { InputError } from "./errors.js";
import { Files } from "./files.js";
import { LocalModel } from "./model.js";
import { Pool, SharedPrograms } from "./pool.js";
import { Programs } from "./programs.js";
import { loaded } from "./runner.js";

const TOLD_EVERY = 100; // milliseconds between two reports

/** The visitor has left or said stop: nobody waits for the answer. */
class Left extends Error {}

/** @type {Set<number>} calls that were ended */
const stopped = new Set();
/** @type {Map<string, Promise<LocalModel>>} */
const models = new Map();
/** @type {{analyst: Analyst, files: Files} | undefined} */
let engine;
let turn = Promise.resolve(); // of the call before: they share the processors

self.onmessage = ({ data }) => {
  if (data.kind === "start") start(data);
  else if (data.kind === "stop") stopped.add(data.number);
  else if (data.steps?.every((/** @type {any} */ step) => step.quick)) answer(data);
  else turn = turn.then(() => answer(data));
};

/** @param {{place: import("./files.js").Place, version: string}} site */
function start({ place, version }) {
  const files = new Files(place);
  const programsOf = files.inlined ? runHere(files) : runByOthers(files);
  const textFacts = once(() => files.json("data/text_facts.json"));
  const open = (/** @type {string} */ name) => {
    const known = models.get(name) ?? opened(name);
    models.set(name, known);
    known.catch(() => models.delete(name)); // so that it can be tried again
    return known;
  };
  const opened = async (/** @type {string} */ name) => {
    if (!files.has(`models/${name}/card.json`)) throw new InputError(`There is no model ${name.slice(0, 60)} on this page.`);
    const read = (/** @type {string} */ file) => files.bytes(`models/${name}/${file}`);
    return LocalModel.open((weights) => programsOf(name, read, weights), read, textFacts);
  };
  engine = { analyst: new Analyst(open, version), files };
}

/** @typedef {(name: string, read: (file: string) => Promise<Uint8Array>, weights: Uint8Array) => any} ProgramsOf a model, by its name */

/** Let further workers run the programs of models. @param {Files} files @returns {ProgramsOf} */
function runByOthers(files) {
  const pool = new Pool(new URL("./serving.js", import.meta.url), once(() => runtimeOf(files)));
  return (name, read, weights) => new SharedPrograms(pool, name, read, weights);
}

/** Run the programs of models here: in a page that was opened from a disk a worker can start no others. @param {Files} files @returns {ProgramsOf} */
function runHere(files) {
  const runtime = once(async () => loaded(await runtimeOf(files)));
  return async (_, read, weights) => new Programs(await runtime(), read, weights);
}

/** @param {Files} files @returns {Promise<import("./runner.js").Runtime>} */
async function runtimeOf(files) {
  const [module, glue] = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs"].map((name) => files.url(`runtime/${name}`));
  return { module, glue, binary: await files.bytes("runtime/ort-wasm-simd-threaded.wasm") };
}

/** Answer a call with the sections as they come. @param {any} call */
async function answer({ number, kind, request, document, steps }) {
  if (stopped.delete(number) || !engine) return;
  let told = 0;
  const report = (/** @type {number} */ share) => {
    if (stopped.has(number)) throw new Left();
    if (performance.now() - told < TOLD_EVERY) return;
    told = performance.now();
    self.postMessage({ number, status: { state: "running", share } });
  };
  self.postMessage({ number, status: { state: "running" } });
  try {
    const asked = kind === "analyse" ? engine.analyst.analyse(await withSource(request), report) : engine.analyst.extend(document, steps, report);
    for await (const sections of asked) {
      self.postMessage({ number, sections });
      await breath(); // messages that end a call come between two sections
      report(1);
    }
    self.postMessage({ number, done: true });
  } catch (error) {
    if (!(error instanceof Left)) self.postMessage({ number, error: sentenceOf(error) });
  } finally {
    stopped.delete(number);
  }
}

/** Return a request with the text or the bytes of the photo that it names. @param {any} request */
async function withSource(request) {
  const { source } = request;
  if (source?.file) return { ...request, source: new Uint8Array(await source.file.arrayBuffer()) };
  if (source?.example) return { ...request, source: await /** @type {any} */ (engine).files.bytes(`examples/${source.example}`) };
  return request;
}

/** Let messages in that have come meanwhile. */
function breath() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** @param {any} error */
function sentenceOf(error) {
  if (!(error instanceof InputError)) console.error(error);
  return error?.message || "Something went wrong in this browser: load the page again.";
}

/** Return a function that does something at its first call, and again after a failure. @template T @param {() => Promise<T>} make */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
