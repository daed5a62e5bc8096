/** The report that carries its model: the app, on an engine whose files stand in the page itself. */

import { App } from "./app.js";
import { PAGE_OF } from "./address.js";
import { button } from "./core/dom.js";
import { Files } from "./engine/files.js";
import { LocalEngine } from "./engine/local.js";

/** It opens with its own analysis, and computes nothing until the reader asks. */
class LiveReport extends App {
  linkable = false;

  /** @param {any} analysis @param {any} options of an app */
  constructor(analysis, options) {
    super(options);
    const { model, input } = analysis;
    this.model = model.name;
    this.layouts = [input.layout];
    const place = { page: PAGE_OF[input.layout] };
    const request = { model: model.name, layout: input.layout, source: input.text };
    const own = { place, document: analysis, request, typed: input.text ?? "" };
    this.own = own;
    this.memory = { recall: (_, wanted) => (wanted ? null : own), remember() {} };
  }

  /** @param {string} code */
  async setLanguage(code) {
    await super.setLanguage(code);
    const pictures = document.querySelector("#pictures > summary");
    if (pictures) pictures.textContent = this.t("report.live.pictures");
  }

  titles() {
    return { title: this.t("report.live.title", { model: this.model }), subtitle: this.t("report.live.about") };
  }

  tools() {
    const { page } = this.own.place;
    const back = () => {
      this.pages[page].recall(this.own);
      this.go(page);
    };
    return [button(this.t("report.live.own"), back, { class: "quiet" }), super.tools()];
  }
}

/**
 * Show a document, and whatever the reader makes of it.
 * @param {object} options
 * @param {HTMLElement} options.element whose content the report replaces
 * @param {any} options.analysis the document
 * @param {any} options.catalogue of the model alone
 * @param {string} options.version of the software
 * @param {import("./explorer.js").ViewEntry[]} options.views
 * @param {(path: string) => Promise<any>} options.load a module
 * @param {(path: string) => Worker} options.worker starts a module in a worker
 */
export async function start({ element, analysis, catalogue, version, views, load, worker }) {
  const files = new Files(JSON.parse(document.getElementById("files")?.textContent ?? ""));
  const engine = new LocalEngine(files, version, () => worker("engine/worker.js"));
  const app = new LiveReport(analysis, { engine, catalogue, views, load });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const toggle = () => [document.documentElement, document.body].forEach(({ classList }) => classList.toggle("dark", dark.matches));
  dark.addEventListener("change", toggle);
  await app.start(element);
}
