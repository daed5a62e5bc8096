/** The page of model cards: by task, each hybrid with its baselines beside it. Facts come when the page is first opened. */

import { PAGE_OF } from "../address.js";
import { membersOf, testTitle } from "../core/catalogue.js";
import { button, h, replace } from "../core/dom.js";
import { messageOf } from "../core/i18n.js";
import { onDemand, table } from "../core/parts.js";
import { ablations } from "./models/ablations.js";
import { comparison } from "./models/comparison.js";
import { confusions } from "./models/confusions.js";
import { leaderboard } from "./models/leaderboard.js";
import { reliability } from "./models/reliability.js";
import { accuracy, perTest } from "./models/tests.js";
import { training } from "./models/training.js";

/**
 * @typedef {Record<string, any>} Facts of a model, see evaluation/reporting/card_facts.py
 * @typedef {Record<string, any>} Entry a model of the catalogue
 */

export class Page {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.element = h("div", { class: "models", hidden: true });
    this.facts = /** @type {Map<string, Facts>} */ (new Map());
    this.boards = /** @type {Record<string, any>} */ ({});
    this.error = "";
  }

  translate() {
    const { t, say, catalogue } = this.app;
    const hybrids = catalogue.models.filter((model) => !model.baseline_of);
    this.parts = /** @type {Map<string, Element>} */ (new Map());
    this.failure = h("p", { class: "error", role: "alert" }, this.error && say(this.error));
    const families = hybrids.map((hybrid) => this.#family(hybrid));
    const boards = h("div", {});
    this.parts.set("boards", boards);
    const trusted = h(
      "section",
      { class: "models-board", "aria-labelledby": "leaderboard" },
      h("h3", { id: "leaderboard", tabindex: "-1" }, t("leaderboard.title")),
      h("p", { class: "models-about" }, t("leaderboard.about")),
      boards,
    );
    const jump = (family) => {
      const name = family.querySelector("h3").textContent;
      return h("li", {}, button(name, () => show(family)));
    };
    replace(
      this.element,
      h("h2", {}, t("page.models")),
      h("p", { class: "models-about" }, t("models.about")),
      h("ul", { class: "models-tasks", "aria-label": t("models.tasks") }, [...families, trusted].map(jump)),
      this.failure,
      families,
      trusted,
    );
    this.#rank();
    for (const name of this.facts.keys()) this.#fill(name);
  }

  /** Show a model's card; ask for the facts the first time. @param {any} wanted */
  async open(wanted) {
    const card = wanted.model && this.element.querySelector(`#model-${CSS.escape(wanted.model)}`);
    if (card) card.scrollIntoView({ block: "start" });
    this.loading ??= this.#load();
    await this.loading;
  }

  async #load() {
    const names = this.app.catalogue.models.map(({ name }) => name);
    try {
      await this.app.engine.cards(names, {
        sections: (facts) => {
          this.facts.set(facts.name, facts);
          this.#fill(facts.name);
        },
      });
      await this.app.engine.leaderboards({
        sections: (boards) => {
          this.boards = boards;
          this.#rank();
        },
      });
      this.error = "";
      this.element.dataset.done = "";
    } catch (error) {
      this.error = messageOf(error);
      this.loading = undefined; // opening the page again asks again
    }
    this.failure.textContent = this.error && this.app.say(this.error);
  }

  #family(hybrid) {
    const { t, say } = this.app;
    const members = membersOf(this.app.catalogue.models, hybrid.name);
    const compared = h("div", { class: "model-comparison", style: { "--models": members.length } });
    this.parts?.set(`family ${hybrid.name}`, compared);
    return h(
      "section",
      { class: "model-family", "aria-labelledby": `family-${hybrid.name}` },
      h("h3", { id: `family-${hybrid.name}`, tabindex: "-1" }, hybrid.task ? say(hybrid.task) : hybrid.name),
      hybrid.limits ? h("p", {}, h("strong", {}, t("models.limits")), " ", say(hybrid.limits)) : null,
      members.length > 1 ? compared : null,
      h("div", { class: "model-cards" }, members.map((model) => this.#card(model))),
    );
  }

  /** Show the leaderboards that have come. */
  #rank() {
    const { t } = this.app;
    const board = ([modality, each]) => {
      const title = t(`leaderboard.${modality}`);
      return h("div", {}, h("h4", {}, title), leaderboard(this.app, each, title));
    };
    replace(/** @type {Element} */ (this.parts?.get("boards")), Object.entries(this.boards).map(board));
  }

  #card(model) {
    const { t, say, format } = this.app;
    const page = PAGE_OF[model.layout];
    const start = { page, model: model.name, ...(page === "text" && model.examples[0] ? { text: model.examples[0] } : {}) };
    const more = h("div", { class: "model-more" });
    this.parts?.set(model.name, more);
    const size = t("models.size", { count: format.count(model.parameters), size: format.tenth(model.bytes / 1e6) });
    const id = `model-${model.name}`;
    return h(
      "article",
      { class: `model-card${model.baseline_of ? "" : " hybrid"}`, id, "aria-labelledby": `${id}-name` },
      h("h4", { id: `${id}-name` }, model.name),
      h("p", { class: "caption" }, t(model.baseline_of ? "models.baseline" : "models.model", { made: say(model.made_of) })),
      h("p", {}, size, " ", t("models.classes", { count: format.count(model.labels.length) })),
      this.#tests(model),
      this.app.link(t("models.start", { name: model.name }), start, { class: "model-start" }),
      more,
    );
  }

  #tests({ name, metrics }) {
    const { t, say, format } = this.app;
    const rows = Object.entries(metrics).map(([test, figures]) => [
      testTitle(test, say),
      format.count(figures.n),
      h("span", {}, accuracy(this.app, figures)),
      figures.ece === undefined ? "" : format.percent(figures.ece),
    ]);
    return table(t("models.tests", { name }), [t("models.test"), t("models.n"), t("models.accuracy"), t("models.ece")], rows);
  }

  /** Fill in what has come of a model. @param {string} name */
  #fill(name) {
    const { app } = this;
    const { t } = app;
    const facts = /** @type {Facts} */ (this.facts.get(name));
    const more = this.parts?.get(name);
    if (!more) return;
    const part = (title, draw, fits) => {
      const tests = facts.tests.filter(fits);
      const build = () => perTest(app, t("models.test"), tests, (test) => draw(app, facts, test));
      return tests.length ? onDemand(title, build, "") : null;
    };
    replace(
      more,
      part(t("models.reliability"), reliability, (test) => test.reliability),
      part(t("models.confusions"), confusions, (test) => test.confusion || test.confusions?.length),
      part(t("models.ablations"), ablations, (test) => test.ablations),
      onDemand(t("models.training"), () => training(app, facts), ""),
    );
    const members = membersOf(app.catalogue.models, name).map((model) => this.facts.get(model.name));
    const compared = this.parts?.get(`family ${members[0]?.name}`);
    if (!compared || members.length < 2 || !members.every(Boolean)) return;
    replace(compared, comparison(app, /** @type {Facts[]} */ (members)));
  }
}

/** Scroll to the models of a task, and put the focus there. @param {any} family */
function show(family) {
  family.scrollIntoView({ block: "start" });
  family.querySelector("h3").focus({ preventScroll: true });
}

