/** The page of the article's claims: what was recorded of each, and a measurement on the server on demand. */

import { button, h, replace } from "../core/dom.js";
import { messageOf } from "../core/i18n.js";
import { ClaimCard } from "./claims/card.js";
import { LiveTraining } from "./claims/training.js";
import { speaker } from "./claims/words.js";

const UNCHANGED = (/** @type {string} */ words) => words;

export class Page {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.element = h("div", { class: "claims", hidden: true });
    this.cards = /** @type {ClaimCard[]} */ ([]);
    this.words = UNCHANGED; // translates what measurements say
    this.training = new LiveTraining(app, () => this.words);
    this.error = "";
  }

  translate() {
    const { t, say } = this.app;
    this.failure = h("p", { class: "error", role: "alert" }, this.error && say(this.error));
    this.list = h("ol", { class: "claims-index" });
    this.all = h("div", { class: "claims-cards" });
    replace(this.element, h("h2", {}, t("page.claims")), h("p", { class: "models-about" }, t("claims.about")), this.list, this.failure, this.all, this.training.element);
    this.training.translate();
    for (const card of this.cards) this.#show(card);
    this.#learnWords();
  }

  /** Fetch the words of measurements in the language of today; they come after the page itself. */
  async #learnWords() {
    const { language } = this.app;
    const words = language === "en" ? UNCHANGED : speaker((await this.app.load(`locales/claims/${language}.js`)).default);
    if (this.app.language !== language || words === this.words) return;
    this.words = words;
    for (const card of this.cards) card.translate();
  }

  /** Ask for the claims the first time. */
  async open() {
    this.loading ??= this.#load();
    await this.loading;
  }

  async #load() {
    try {
      await this.app.engine.claims({
        sections: (claim) => {
          const card = new ClaimCard(this.app, claim, (words) => this.words(words));
          this.cards.push(card);
          this.#show(card);
          card.resume();
        },
      });
      this.error = "";
      this.element.dataset.done = "";
      this.training.resume();
    } catch (error) {
      this.error = messageOf(error);
      this.cards = [];
      this.loading = undefined; // opening the page again asks again
    }
    this.failure.textContent = this.error && this.app.say(this.error);
  }

  /** @param {ClaimCard} card */
  #show(card) {
    card.translate();
    this.all.append(card.element);
    this.list.append(h("li", {}, button(this.app.say(card.claim.sentence), () => card.focus())));
  }
}
