/** The engine in the browser: a worker that runs the models, so that the page stays free; it does what the server's engine does. */

/** @typedef {import("./server.js").Watch} Watch */

/** An error with a sentence for the visitor. */
class EngineError extends Error {}

const module = () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

export class LocalEngine {
  /**
   * @param {import("./files.js").Files} files of the site @param {string} version of the software
   * @param {() => Worker} [begin] starts `worker.js`
   */
  constructor(files, version, begin = module) {
    this.files = files;
    this.version = version;
    this.begin = begin;
    this.worker = /** @type {Worker | null} */ (null);
    /** @type {Map<number, {watch: Watch, resolve: () => void, reject: (error: Error) => void}>} calls that are being answered */
    this.calls = new Map();
    this.count = 0;
  }

  /** Return the worker; the first call starts it. */
  start() {
    if (!this.worker) {
      this.worker = this.begin();
      this.worker.onmessage = ({ data }) => this.#answered(data);
      this.worker.onerror = (event) => this.#failed(event.message);
      this.worker.postMessage({ kind: "start", place: this.files.place, version: this.version });
    }
    return this.worker;
  }

  /** Analyse an input; sections come one after the other. @param {Record<string, any>} request @param {Watch} watch */
  analyse(request, watch) {
    return this.#call("analyse", { request }, watch);
  }

  /**
   * Extend a document: further sections, edits.
   * @param {Record<string, any>} document @param {Record<string, any>[]} steps @param {Watch} watch
   */
  extend(document, steps, watch) {
    const { model, input, prediction, provenance, attribution, edits, other_attributions: others } = document;
    const kept = { model, input, prediction, provenance, ...(attribution ? { attribution } : {}), ...(edits ? { edits } : {}) };
    return this.#call("extend", { document: { schema: document.schema, ...kept, ...(others ? { other_attributions: others } : {}) }, steps }, watch);
  }

  /** Tell the facts of models. @param {string[]} models names @param {Watch} watch gets one model after the other as `sections` */
  async cards(models, { sections }) {
    for (const name of models) sections?.(await this.files.json(`models/${name}/about.json`));
  }

  /** Tell the leaderboards of attribution methods, by modality. @param {Watch} watch gets them at once as `sections` */
  async leaderboards({ sections }) {
    sections?.(await this.files.json("data/leaderboards.json"));
  }

  /** Return the address of a photo of the gallery. @param {string} name */
  exampleUrl(name) {
    return this.files.url(`examples/${name}`);
  }

  /** Return a photo as a source for `analyse`: it stays on this machine. @param {File} file */
  async upload(file) {
    return { file };
  }

  /** @param {string} kind @param {Record<string, any>} content @param {Watch} watch @returns {Promise<void>} */
  #call(kind, content, watch) {
    const worker = this.start();
    const number = (this.count += 1);
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.calls.delete(number);
        worker.postMessage({ kind: "stop", number });
        reject(new DOMException("The visitor has left.", "AbortError"));
      };
      if (watch.signal?.aborted) return stop();
      watch.signal?.addEventListener("abort", stop, { once: true });
      this.calls.set(number, { watch, resolve, reject });
      watch.status?.({ state: "queued", place: this.calls.size });
      worker.postMessage({ kind, number, ...content });
    });
  }

  /** @param {{number: number, status?: any, sections?: any, done?: true, error?: string}} message */
  #answered({ number, status, sections, done, error }) {
    const call = this.calls.get(number);
    if (!call) return; // nobody waits for it any more
    if (status) call.watch.status?.(status);
    if (sections) call.watch.sections?.(sections);
    if (!done && error === undefined) return;
    this.calls.delete(number);
    if (error === undefined) call.resolve();
    else call.reject(new EngineError(error));
  }

  /** End all calls: the worker could not be loaded. @param {string} reason */
  #failed(reason) {
    for (const { reject } of this.calls.values()) reject(new EngineError("This browser cannot run the models: try a newer one."));
    this.calls.clear();
    console.error(reason);
  }
}
