/** The app: its pages, its language, its address. It knows an engine, and not which one. */

import { h, replace } from "./core/dom.js";
import { keep, stored } from "./core/storage.js";
import { languageSwitch, modified } from "./core/parts.js";
import { firstLanguage, formatter, messageTranslator, translator } from "./core/i18n.js";
import * as address from "./address.js";
import * as memory from "./pages/memory.js";
import { Workbench } from "./pages/workbench.js";

/** Languages by code: each is a file of locales/, of which a visitor gets the one that is wanted. */
const LANGUAGES = { en: "English", zh: "简体中文" };
const LANGUAGE = "rnnformer-language";

export class App {
  /** Layouts of inputs, each with a page of its own. */
  layouts = /** @type {("sequence" | "grid")[]} */ (["sequence", "grid"]);
  /** Keeps the last analysis of a page. */
  memory = memory;
  /** Whether the address of the page can be given to others. */
  linkable = true;

  /** @param {{engine: any, catalogue: any, views: any[], load: (path: string) => Promise<any>}} options load: a module, by its path */
  constructor({ engine, catalogue, views, load }) {
    this.engine = engine;
    this.catalogue = catalogue;
    this.views = views;
    this.load = load;
    this.announcer = h("p", { class: "unseen", role: "status" });
  }

  /** @param {string} code */
  async setLanguage(code) {
    this.locale = (await this.load(`locales/${code}.js`)).default;
    this.language = code;
    this.t = translator(this.locale);
    this.say = messageTranslator(this.locale);
    this.format = formatter(code);
    document.documentElement.lang = code === "zh" ? "zh-Hans" : code;
    document.title = this.titles().title;
  }

  /** Return what stands at the top of the page. @returns {{title: string, subtitle: string}} */
  titles() {
    return { title: this.t("title"), subtitle: this.t("subtitle") };
  }

  /** Return buttons of the page's head. @returns {any} */
  tools() {
    return this.pages[this.page ?? this.names[0]]?.tools?.() ?? null;
  }

  /** Names of the pages, the first one first; of tables and claims only some engines know. */
  get names() {
    const { scoreTable, claims } = this.engine;
    return [...this.layouts.map((layout) => address.PAGE_OF[layout]), ...(scoreTable ? ["table"] : []), "models", ...(claims ? ["claims"] : [])];
  }

  /** Build the page and open what the address says. @param {HTMLElement} element */
  async start(element) {
    await this.setLanguage(firstLanguage(LANGUAGES, stored(LANGUAGE)));
    this.header = h("header", { class: "masthead" });
    this.pages = /** @type {Record<string, any>} */ ({});
    for (const layout of this.layouts) this.pages[address.PAGE_OF[layout]] = new Workbench(this, layout);
    this.main = h("div", { id: "rnnformer-main", class: "page" }); // Gradio's own <main> is around it
    this.root = h("div", { class: "rnnformer" }, this.header, this.main, this.announcer);
    replace(element, this.root);
    this.#translate();
    new MutationObserver(() => this.#themed()).observe(document.body, { attributeFilter: ["class"] });
    window.addEventListener("hashchange", () => this.#open(address.read()));
    await Promise.all(Object.values(this.pages).map(({ ready }) => ready));
    await this.#open(address.read(), true);
  }

  /** Go to a page. @param {string} page @param {Record<string, string>} [rest] of the address */
  go(page, rest = {}) {
    address.write({ page, ...rest });
    this.#open({ page, ...rest });
  }

  /** Return a link to a page. @param {string} text @param {address.Place} place @param {Record<string, any>} [attributes] */
  link(text, { page, ...rest }, attributes = {}) {
    const onclick = (event) => {
      if (modified(event)) return;
      event.preventDefault();
      this.go(page, rest);
    };
    return h("a", { href: address.href({ page, ...rest }), ...attributes, onclick }, text);
  }

  /** Tell a screen reader, once. @param {string} sentence */
  announce(sentence) {
    this.announcer.textContent = sentence;
  }

  async #open(wanted, first = false) {
    const page = this.names.includes(wanted.page) ? wanted.page : this.names[0];
    this.page = page;
    this.#head();
    const opened = await this.#fetched(page);
    if (this.page !== page) return; // meanwhile another one was asked for
    // The others are kept, but not in the document: ids are those of one page.
    if (!this.main.contains(opened.element)) replace(this.main, opened.element);
    opened.element.hidden = false;
    await opened.open(wanted, first);
  }

  /** Return a page; those without a workbench are fetched when they are first opened. @param {string} name */
  async #fetched(name) {
    if (!this.pages[name]) {
      const { Page } = await this.load(`pages/${name}.js`);
      this.pages[name] = new Page(this);
      this.pages[name].translate();
    }
    return this.pages[name];
  }

  #head() {
    const { t } = this;
    const { title, subtitle } = this.titles();
    const link = (page) => this.link(t(`page.${page}`), { page }, { "aria-current": this.page === page ? "page" : null });
    replace(
      this.header,
      h("a", { class: "skip", href: "#rnnformer-main", onclick: skip }, t("skip")),
      h("div", { class: "masthead-title" }, h("h1", {}, title), h("p", {}, subtitle)),
      h("nav", { "aria-label": t("pages") }, this.names.map(link)),
      h("div", { class: "masthead-tools" }, this.tools(), languageSwitch(LANGUAGES, this, (code) => this.#choose(code))),
    );
  }

  async #choose(code) {
    keep(LANGUAGE, code);
    await this.setLanguage(code);
    this.#translate();
    /** @type {any} */ (this.header.querySelector(`button[lang="${code}"]`))?.focus();
  }

  #translate() {
    this.#head();
    for (const page of Object.values(this.pages)) page.translate();
  }

  #themed() {
    for (const page of Object.values(this.pages)) page.store?.notify("theme");
  }
}

function skip(event) {
  event.preventDefault();
  const main = document.getElementById("rnnformer-main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}
