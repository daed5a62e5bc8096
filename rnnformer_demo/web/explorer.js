/** The explorer: a panel for each view of the analysis document, linked by one cursor. Page and report mount it. */

import { h, replace } from "./core/dom.js";
import { menu } from "./core/menu.js";
import { explained } from "./core/terms.js";
import { Inspector } from "./inspector.js";

/**
 * @typedef {object} ViewEntry a view of ../views, as Python describes it
 * @property {string} name
 * @property {string[]} sections sections of the document that it reads
 * @property {string[]} layouts "sequence" or "grid"
 * @property {string} title @property {string} help in English, for a view that the languages do not know
 * @property {boolean} figure whether there is a figure of it to save
 *
 * @typedef {object} ViewModule what a file of views/ exports
 * @property {(context: Context) => ShownView} create
 * @property {(document: any) => boolean} [fits] whether the view has anything to say of this document; true by default
 * @property {boolean} [wide] the panel takes the whole width
 * @property {(context: Context) => ShownView} [createEmpty] what stands in the panel while its sections are awaited or offered
 * @property {(document: any) => boolean} [offers] whether absent sections can be asked for in the panel
 * @property {string[]} [live] sections that suffice where there is an engine: the view then offers to compute the others
 *
 * @typedef {object} ShownView
 * @property {HTMLElement} element
 * @property {(changed: Set<string>) => void} update is called after each change of the store
 *
 * @typedef {object} Context what a view gets
 * @property {import("./core/store.js").Store} store
 * @property {import("./core/i18n.js").Translate} t
 * @property {(sentence: string) => string} say translates a sentence of the server
 * @property {ReturnType<import("./core/i18n.js").formatter>} format numbers as the language writes them
 * @property {string} language
 * @property {Actions | null} actions what needs an engine; null in a report
 * @property {(sentence: string) => void} announce to a screen reader, politely
 * @property {(view: string) => void} show scrolls to another view
 * @property {ViewEntry[]} views all views of the explorer, for a view that shows others
 * @property {Map<string, ViewModule>} modules their modules, by name
 *
 * @typedef {object} Actions
 * @property {(request: {method?: string, target?: string}) => void} explain by another method or for another class
 * @property {(step: Record<string, any>) => Promise<boolean>} extend runs one more step, such as
 *   {section: "jacobian"} or {edit: "ablation", units, perturbation}; false where it was ended or failed
 * @property {(text: string) => void} analyseText keeps an edited text and analyses it
 * @property {(view: string, kind: string) => void} exportView saves a view as "png", "svg" or "pdf", or copies its "link"
 * @property {boolean} linkable whether the address of the page can be given to others
 * @property {(step: string) => void} stop ends a step that runs
 * @property {(request: any) => Promise<any>} ask sends one step and returns the answer without taking it into the document
 * @property {() => HTMLImageElement | null} photo the photo as the visitor gave it, where the browser can draw it
 */

export class Explorer {
  /**
   * @param {object} options
   * @param {import("./core/store.js").Store} options.store
   * @param {ViewEntry[]} options.views in the order of the page
   * @param {(name: string) => Promise<ViewModule>} options.load a module of views/
   * @param {(view: string) => Omit<Context, "store" | "views" | "modules">} options.context is asked at each new document and language
   */
  constructor({ store, views, load, context }) {
    this.store = store;
    this.views = views;
    this.context = context;
    this.element = h("div", { class: "explorer" });
    this.panels = /** @type {Map<string, Panel>} */ (new Map());
    this.modules = /** @type {Map<string, ViewModule>} */ (new Map());
    this.inspector = new Inspector(store, () => context("inspector"));
    this.ready = Promise.all(views.map(async ({ name }) => this.modules.set(name, await load(name)))).then(() => this.#build());
    store.subscribe((changed) => this.#update(changed));
  }

  #build() {
    this.panels = new Map(this.views.map((view) => [view.name, new Panel(this, view)]));
    replace(this.element, h("div", { class: "panels" }, [...this.panels.values()].map((panel) => panel.element)), this.inspector.element);
    this.#update(new Set(["document"]));
  }

  /** Build everything anew, in another language. */
  translate() {
    this.inspector.translate();
    this.#build();
  }

  #update(changed) {
    for (const panel of this.panels.values()) panel.update(changed);
  }

  /** Scroll to a view and focus its heading. @param {string} name */
  show(name) {
    const panel = this.panels.get(name)?.element;
    if (!panel || panel.hidden) return;
    panel.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    /** @type {HTMLElement} */ (panel.querySelector("h2")).focus({ preventScroll: true });
  }
}

/** One view with its heading, help and files. */
class Panel {
  /** @param {Explorer} explorer @param {ViewEntry} view */
  constructor(explorer, view) {
    this.explorer = explorer;
    this.view = view;
    this.module = /** @type {ViewModule} */ (explorer.modules.get(view.name));
    this.shown = /** @type {ShownView | null} */ (null);
    this.created = /** @type {ViewModule["create"] | undefined} */ (undefined); // the function that made what is shown
    const context = explorer.context(view.name);
    const { t } = context;
    this.title = t.has(`view.${view.name}.title`) ? t(`view.${view.name}.title`) : view.title;
    this.live = context.actions !== null;
    this.sections = (context.actions && this.module.live) || view.sections;
    this.body = h("div", { class: "panel-body" });
    this.note = h("span", { class: "panel-note" });
    this.element = h(
      "section",
      { class: `panel${this.module.wide ? " wide" : ""}`, id: `view-${view.name}`, hidden: true, "aria-labelledby": `view-${view.name}-title` },
      h(
        "header",
        {},
        h("h2", { id: `view-${view.name}-title`, tabindex: "-1" }, this.title),
        this.note,
        context.actions ? this.#files(context) : null,
      ),
      this.#help(t),
      this.body,
    );
  }

  #help(t) {
    const { name, help } = this.view;
    if (!t.has(`view.${name}.help`)) return h("p", { class: "help" }, help);
    const [summary, reading, source] = ["help", "reading", "source"].map((part) => t(`view.${name}.${part}`));
    return h("details", { class: "help" }, h("summary", {}, summary), h("p", {}, explained(reading, t)), h("p", { class: "source" }, source));
  }

  #files({ t, actions }) {
    const { name, figure } = this.view;
    const drawn = figure && actions.engine?.exported ? ["png", "svg", "pdf"] : []; // Matplotlib draws on a server
    const kinds = [...drawn, ...(actions.linkable ? ["link"] : [])];
    if (!kinds.length) return null;
    const items = kinds.map((kind) => ({ text: t(`files.${kind}`), choose: () => actions.exportView(name, kind) }));
    return menu(t("files.save"), t("files.of", { view: this.title }), items);
  }

  /** @param {Set<string>} changed */
  update(changed) {
    // At each move of the mouse: nothing else can have changed.
    if (changed.size === 1 && changed.has("cursor")) return void this.shown?.update(changed);
    const { store } = this.explorer;
    const { document } = store;
    const { sections } = this;
    const { layouts } = this.view;
    const own = !!document && layouts.includes(document.input.layout);
    const there = own && sections.every((name) => store.has(name)) && (this.module.fits?.(document) ?? true);
    const awaited = own && !there && sections.some((name) => store.stale.has(name));
    const offered = own && !there && !awaited && this.live && (this.module.offers?.(document) ?? false);
    const create = there ? this.module.create : awaited || offered ? this.module.createEmpty : undefined;
    const focused = this.body.contains(globalThis.document.activeElement);
    if (changed.has("document") || create !== this.created) this.#clear();
    if (create && !this.shown) {
      const context = this.explorer.context(this.view.name);
      this.shown = this.#created(create, context);
      this.created = create;
      replace(this.body, this.shown.element);
      if (focused) /** @type {HTMLElement} */ (this.element.querySelector("h2")).focus({ preventScroll: true });
    } else this.shown?.update(changed);
    const { t } = this.explorer.context(this.view.name);
    const old = there && sections.some((name) => store.stale.has(name));
    this.element.hidden = !there && !awaited && !offered;
    this.element.classList.toggle("offered", offered);
    this.element.classList.toggle("old", old);
    this.element.classList.toggle("awaited", awaited);
    this.body.setAttribute("aria-busy", String(old || awaited));
    const note = awaited ? t("panel.awaited") : old ? t("panel.old") : "";
    if (this.note.textContent !== note) this.note.textContent = note;
  }

  /** Return the view; a sentence where it fails, so that the others are still shown. */
  #created(create, context) {
    const { store, views, modules } = this.explorer;
    try {
      return create({ ...context, store, views, modules, show: (view) => this.explorer.show(view) });
    } catch (error) {
      reportError(error);
      return { element: h("p", { class: "error" }, context.t("panel.failed")), update() {} };
    }
  }

  #clear() {
    this.shown = null;
    this.created = undefined;
    replace(this.body);
  }
}
