/** The engine on the server: Gradio's queue, spoken to directly, so that each section comes as soon as it is there. */

/**
 * @typedef {object} Watch
 * @property {(sections: Record<string, any>) => void} [sections] each part of the answer
 * @property {(status: {state: "queued" | "running", place?: number, seconds?: number, share?: number, step?: string}) => void} [status]
 * @property {AbortSignal} [signal] ends the work on the server, too
 */

/** What the server says while a step waits for its turn: its place, and the seconds until then; see ../../api/streams.py. */
const PLACE = /^queue (\d+) (\d+)$/;

const A_MINUTE = 60;

/** An error with a sentence for the visitor. */
class EngineError extends Error {}

export class ServerEngine {
  /** @param {{root: string, prefix: string, endpoints: Record<string, number>}} config */
  constructor({ root, prefix, endpoints }) {
    this.root = root.replace(/\/$/, "");
    this.base = `${this.root}${prefix}`;
    this.endpoints = endpoints;
    /** Each stream has a session of its own, which begins with the page's: by that the server knows whose it is. */
    this.page = crypto.getRandomValues(new Uint32Array(2)).join("");
    this.streams = 0;
  }

  /** Return the engine of the Gradio page that this runs in. @param {any} config `window.gradio_config` */
  static ofPage(config) {
    const endpoints = Object.fromEntries(config.dependencies.map((event) => [event.api_name, event.id]));
    return new ServerEngine({ root: config.root, prefix: config.api_prefix, endpoints });
  }

  /** Analyse an input; sections come one after the other. @param {Record<string, any>} request @param {Watch} watch */
  analyse(request, watch) {
    return this.#stream(request.layout === "grid" ? "page_analyse_photo" : "page_analyse_text", request, watch);
  }

  /**
   * Extend a document: further sections, edits, a comparison.
   * @param {Record<string, any>} document @param {Record<string, any>[]} steps @param {Watch} watch
   * @param {Record<string, any>} [along] what else the request holds
   */
  extend(document, steps, watch, along = {}) {
    const { model, input, prediction, provenance, attribution } = document;
    const kept = { schema: document.schema, model, input, prediction, provenance, ...(attribution ? { attribution } : {}) };
    const quick = steps.every((step) => step.quick) && input.layout === "sequence";
    return this.#stream(quick ? "page_extend" : "page_measure", { document: kept, steps, ...along }, watch);
  }

  /**
   * Return a file made of a document: {name, mime, data}, base64.
   * @param {Record<string, any>} request @returns {Promise<{name: string, mime: string, data: string}>}
   */
  async exported(request) {
    /** @type {any} */
    let file = null;
    await this.#stream("page_export", request, { sections: (answer) => (file = answer) });
    return file;
  }

  /**
   * Tell the facts of models: tests, reliability, data.
   * @param {string[]} models names @param {Watch} watch gets one model after the other as `sections`
   */
  cards(models, watch) {
    return this.#stream("page_cards", { models }, watch);
  }

  /**
   * Score a table of texts, piece by piece.
   * @param {{model: string, name: string, data: string}} request `data` of the file in base64 @param {Watch} watch
   */
  scoreTable(request, watch) {
    return this.#stream("page_batch", request, watch);
  }

  /** Tell the leaderboards of attribution methods, by modality. @param {Watch} watch gets them at once as `sections` */
  leaderboards(watch) {
    return this.#stream("page_leaderboard", {}, watch);
  }

  /** Tell the article's claims and what was recorded of each. @param {Watch} watch gets one after the other as `sections` */
  claims(watch) {
    return this.#stream("page_claims", {}, watch);
  }

  /** Measure a claim on the server; its result comes as `sections`. @param {string} name @param {Watch} watch */
  measureClaim(name, watch) {
    return this.#stream("page_claims", { name }, watch);
  }

  /** Train a small hybrid; it comes after each epoch as `sections`, at last as {own}. @param {number} seed @param {Watch} watch */
  trainLive(seed, watch) {
    return this.#stream("page_training", { seed }, watch);
  }

  /** Return the address of a photo of the gallery. @param {string} name */
  exampleUrl(name) {
    return `${this.root}/examples/${name}`;
  }

  /** Send a photo; return it as a source for `analyse`. @param {File} file */
  async upload(file) {
    const form = new FormData();
    form.append("files", file);
    const answer = await this.#fetch("/upload", { method: "POST", body: form });
    const [path] = await answer.json();
    return { path, orig_name: file.name, meta: { _type: "gradio.FileData" } };
  }

  async #fetch(path, options) {
    let answer;
    try {
      answer = await fetch(this.base + path, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new EngineError("The server does not answer: check the connection and try again.");
    }
    if (answer.ok) return answer;
    if (answer.status === 413) throw new EngineError("The photo is too large: at most 20 MB can be sent.");
    if (answer.status === 507) throw new EngineError("The server has no room for a photo: try again later.");
    if (answer.status === 503) {
      const seconds = Number(answer.headers.get("retry-after")) || A_MINUTE;
      throw new EngineError(`Too many visitors are waiting: try again in ${seconds} s.`);
    }
    throw new EngineError(`The server answered with an error (${answer.status}): try again.`);
  }

  /** @param {string} name @param {any} request @param {Watch} watch */
  async #stream(name, request, { sections, status, signal }) {
    const session = `${this.page}-${++this.streams}`;
    const body = JSON.stringify({ data: [request], fn_index: this.endpoints[name], session_hash: session, simple_format: true });
    const headers = { "content-type": "application/json" };
    await this.#fetch("/queue/join", { method: "POST", headers, body, signal });
    const answer = await this.#fetch(`/queue/data?session_hash=${session}`, { signal });
    for await (const message of events(answer.body)) {
      if (message.msg === "estimation") status?.({ state: "queued", place: message.rank + 1, seconds: message.rank_eta ?? undefined });
      else if (message.msg === "process_starts") status?.({ state: "running" });
      else if (message.msg === "progress") {
        const last = message.progress_data?.at(-1);
        const waits = PLACE.exec(last?.desc ?? "");
        if (waits) status?.({ state: "queued", place: Number(waits[1]), seconds: Number(waits[2]) });
        else if (last) status?.({ state: "running", share: last.progress ?? undefined, step: last.desc ?? undefined });
      } else if (message.msg === "process_generating") {
        if (!message.success) throw failure(message);
        sections?.(message.output.data[0]);
      } else if (message.msg === "process_completed") {
        if (!message.success) throw failure(message);
        return;
      } else if (message.msg === "unexpected_error") throw failure(message);
    }
    throw new EngineError("The connection to the server was lost: try again.");
  }
}

function failure(message) {
  const sentence = message.output?.error ?? message.message;
  return new EngineError(typeof sentence === "string" && sentence ? sentence : "Something went wrong on the server: try again.");
}

/** Yield the messages of a stream of server-sent events. @param {ReadableStream<Uint8Array>} stream */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      let end;
      while ((end = text.indexOf("\n\n")) >= 0) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
