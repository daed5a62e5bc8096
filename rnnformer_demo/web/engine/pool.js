/** Workers that run programs side by side, as many as there are processors: each takes the next task when it is free. */

const MOST = 4; // workers: each takes some 150 MB for a model of photos
const MOST_ON_PHONES = 2;

/** Return how many programs may run at once on a machine. @param {{hardwareConcurrency: number, userAgent: string}} machine */
export function workersOn({ hardwareConcurrency, userAgent }) {
  return Math.max(1, Math.min(/Mobi|Android/.test(userAgent) ? MOST_ON_PHONES : MOST, hardwareConcurrency || 1));
}

/**
 * @typedef {import("./programs.js").Values} Values
 * @typedef {object} Job
 * @property {SharedPrograms} programs of a model @property {string} program @property {Uint8Array} graph
 * @property {Record<string, Values>} [feeds] @property {string[] | null} [outputs]
 * @property {(found: Record<string, any>) => void} resolve @property {(error: Error) => void} reject
 */

export class Pool {
  /**
   * @param {string | URL} script address of the workers, see `serving.js` @param {() => Promise<import("./runner.js").Runtime>} runtime gets what each needs
   * @param {number} size the most workers; the first one starts now, others when there is work for them
   */
  constructor(script, runtime, size = workersOn(navigator)) {
    this.script = script;
    this.runtime = runtime;
    this.size = size;
    /** @type {Runner[]} */
    this.runners = [];
    /** @type {Job[]} */
    this.waiting = [];
    this.#start();
  }

  /** Do a job, after those that wait. @param {Omit<Job, "resolve" | "reject">} job @returns {Promise<Record<string, any>>} */
  work(job) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...job, resolve, reject });
      this.#handOut();
    });
  }

  #handOut() {
    const free = this.runners.filter((runner) => runner.ready && !runner.job);
    while (this.waiting.length && free.length) {
      const job = /** @type {Job} */ (this.waiting.shift());
      const knowing = Math.max(0, free.findIndex((runner) => runner.knows(job)));
      free.splice(knowing, 1)[0].take(job);
    }
    const starting = this.runners.filter((runner) => !runner.ready).length;
    if (this.waiting.length > starting && this.runners.length < this.size) this.#start();
  }

  #start() {
    const worker = new Worker(this.script, { type: "module" });
    const runner = new Runner(worker, () => this.#handOut());
    this.runners.push(runner);
    this.runtime().then(
      (runtime) => runner.start(runtime),
      (error) => this.#end(runner, error),
    );
    worker.onerror = ({ message }) => this.#end(runner, new Error(message || "This browser cannot run the models: try a newer one."));
  }

  /** Take a worker back that cannot work; without another one, no job that waits can be done. The next job tries again. @param {Runner} runner @param {Error} error */
  #end(runner, error) {
    runner.end(error);
    this.runners = this.runners.filter((other) => other !== runner);
    if (!this.runners.length) for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

/** One worker, seen from outside. */
class Runner {
  /** @param {Worker} worker @param {() => void} onFree is called when it can take a job */
  constructor(worker, onFree) {
    this.worker = worker;
    this.onFree = onFree;
    this.ready = false;
    /** @type {Job | null} */
    this.job = null;
    this.count = 0;
    /** @type {WeakMap<SharedPrograms, Set<string>>} programs of which it has the graph */
    this.known = new WeakMap();
    worker.onmessage = ({ data }) => this.#answered(data);
  }

  /** @param {import("./runner.js").Runtime} runtime */
  start(runtime) {
    this.worker.postMessage({ runtime });
    this.ready = true;
    this.onFree();
  }

  /** @param {Error} error why its job cannot be done */
  end(error) {
    this.worker.terminate();
    this.job?.reject(error);
  }

  /** Return whether it has opened a job's program before. @param {Job} job */
  knows({ programs, program }) {
    return this.known.get(programs)?.has(program) ?? false;
  }

  /** @param {Job} job */
  take(job) {
    const { programs, program, graph, feeds, outputs } = job;
    const known = this.known.get(programs);
    const news = { ...(known ? {} : { weights: programs.weights }), ...(known?.has(program) ? {} : { graph }) };
    this.known.set(programs, (known ?? new Set()).add(program));
    this.job = job;
    this.count += 1;
    this.worker.postMessage({ number: this.count, model: programs.name, program, feeds, outputs, ...news });
  }

  /** @param {{found?: Record<string, any>, error?: string}} answer */
  #answered({ found, error }) {
    const { job } = this;
    this.job = null;
    if (found) job?.resolve(found);
    else job?.reject(new Error(error));
    this.onFree();
  }
}

/** The programs of a model, run by a pool; to be used as `Programs` is. */
export class SharedPrograms {
  /**
   * @param {Pool} pool @param {string} name of the model
   * @param {(name: string) => Promise<Uint8Array>} read gets a file of the model's folder
   * @param {Uint8Array} weights the checkpoint's own safetensors file
   */
  constructor(pool, name, read, weights) {
    this.pool = pool;
    this.name = name;
    this.read = read;
    this.weights = weights;
    /** The number of programs that run at once. */
    this.lanes = pool.size;
    /** @type {Map<string, Promise<Uint8Array>>} */
    this.graphs = new Map();
  }

  /** Run a program, see `Programs.run`. @param {string} program @param {Record<string, Values>} feeds @param {string[] | null} [outputs] */
  async run(program, feeds, outputs) {
    return this.pool.work({ programs: this, program, graph: await this.#graph(program), feeds, outputs });
  }

  /** Open a program in one of the workers. @param {string} program */
  async session(program) {
    await this.pool.work({ programs: this, program, graph: await this.#graph(program) });
  }

  /** @param {string} program */
  #graph(program) {
    let graph = this.graphs.get(program);
    if (!graph) {
      graph = this.read(`${program}.onnx`);
      this.graphs.set(program, graph);
      graph.catch(() => this.graphs.delete(program)); // so that it can be tried again
    }
    return graph;
  }
}
