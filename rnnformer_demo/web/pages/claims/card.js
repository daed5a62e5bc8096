/** The card of a claim: sentence, recorded verdict, plots, and a measurement that can be stopped. */

import { button, h, replace } from "../../core/dom.js";
import { messageOf } from "../../core/i18n.js";
import { onDemand } from "../../core/parts.js";
import { keep, stored } from "../../core/storage.js";
import { chart } from "./chart.js";
import { SpectralRadius } from "./radius.js";
import { begun, brokenOff, ended } from "./unfinished.js";

/** What a visitor can play with beside the measurement, by the claim. */
const PLAYED = { vanishing_gradients: SpectralRadius };
const measuredBefore = (name) => `rnnformer-claim-${name}`;

/**
 * @typedef {object} Result see evaluation/claims/lab/result.py
 * @property {{answer: string, conditions: string[]}} verdict
 * @property {{plots: import("./chart.js").Plot[], notes: string[]}} measured
 * @property {{date: string, machine: string, seconds: number}} provenance
 *
 * @typedef {{name: string, place: number, sentence: string, method: string, result: Result | null}} Claim
 */

export class ClaimCard {
  /**
   * @param {import("../../app.js").App} app @param {Claim} claim
   * @param {(words: string) => string} say translates what a measurement says
   */
  constructor(app, claim, say) {
    this.app = app;
    this.claim = claim;
    this.say = say;
    this.element = h("article", { class: "claim-card panel", id: `claim-${claim.name}`, "aria-labelledby": `claim-${claim.name}-title` });
    // A reload shows again what was measured here, and begins anew with what it ended.
    this.live = /** @type {Result | null} */ (JSON.parse(stored(measuredBefore(claim.name), true) || "null"));
    this.running = /** @type {AbortController | null} */ (null);
    const Played = PLAYED[claim.name];
    this.played = Played ? new Played(app) : null;
  }

  /** Begin a measurement anew that a reload ended. */
  resume() {
    if (brokenOff(this.claim.name)) this.measure();
  }

  translate() {
    const { app, claim } = this;
    const { t, say } = app;
    this.heading = h("h3", { id: `claim-${claim.name}-title`, tabindex: "-1" }, t("claims.title", { place: claim.place, sentence: say(claim.sentence) }));
    this.button = button("", () => (this.running ? this.running.abort() : this.measure()));
    this.bar = h("progress", { max: "1", value: "0", "aria-labelledby": `claim-${claim.name}-title`, hidden: true });
    this.status = h("span", { class: "caption" });
    this.measured = h("div", { class: "claim-live" });
    replace(
      this.element,
      this.heading,
      h("p", { class: "caption" }, say(claim.method)),
      claim.result ? this.#result(claim.result, "claims.recorded") : h("p", {}, t("claims.none")),
      h("div", { class: "claim-tools" }, this.button, this.bar, this.status),
      this.measured,
      this.played?.element,
    );
    this.played?.translate();
    this.#tools();
    this.#shown();
  }

  focus() {
    this.element.scrollIntoView({ block: "start" });
    this.heading.focus({ preventScroll: true });
  }

  /** Measure the claim on the server, until it is done or stopped. */
  async measure() {
    const { t, say, format } = this.app;
    this.running = new AbortController();
    begun(this.claim.name);
    this.status.textContent = "";
    this.bar.value = 0;
    this.#tools();
    let said = "";
    try {
      await this.app.engine.measureClaim(this.claim.name, {
        signal: this.running.signal,
        sections: (result) => (this.live = result),
        status: ({ state, place, share }) => {
          if (state === "queued") this.status.textContent = t("claims.waiting", { place: place ?? 1 });
          if (share === undefined) return;
          this.bar.value = share;
          this.status.textContent = t("claims.running", { share: format.wholePercent(share) });
        },
      });
      keep(measuredBefore(this.claim.name), JSON.stringify(this.live), true);
      this.#shown();
      said = this.#answer(/** @type {Result} */ (this.live), "claims.live");
      this.status.textContent = "";
    } catch (error) {
      said = this.running.signal.aborted ? t("claims.stopped") : say(messageOf(error));
      this.status.textContent = said;
    }
    this.running = null;
    ended(this.claim.name);
    this.#tools();
    this.app.announce(said);
  }

  #tools() {
    this.button.textContent = this.app.t(this.running ? "claims.stop" : "claims.measure");
    this.bar.hidden = !this.running;
  }

  /** Show what was measured here, and whether it agrees with what was recorded. */
  #shown() {
    const { live, claim } = this;
    if (!live) return;
    const same = claim.result && claim.result.verdict.answer === live.verdict.answer;
    const compared = claim.result ? h("p", {}, this.app.t(same ? "claims.agrees" : "claims.differs")) : null;
    replace(this.measured, compared, this.#result(live, "claims.live"));
  }

  /** @param {Result} result @param {string} key @returns {string} */
  #answer({ verdict }, key) {
    const { t } = this.app;
    return t(key, { answer: t(`claims.answer.${kindOf(verdict.answer)}`) });
  }

  /** @param {Result} result @param {string} key */
  #result(result, key) {
    const { say } = this;
    const { t, format } = this.app;
    const { verdict, measured, provenance } = result;
    const [first, ...others] = measured.plots;
    const listed = (sentences) => h("ul", { class: "claim-list" }, sentences.map((sentence) => h("li", {}, say(sentence))));
    const figures = (plots) => h("div", { class: "claim-plots" }, plots.map((plot) => chart(this.app, plot, say)));
    return h(
      "div",
      { class: "claim-result" },
      h("p", {}, h("strong", { class: `claim-verdict ${kindOf(verdict.answer)}` }, this.#answer(result, key))),
      onDemand(t("claims.conditions", { count: verdict.conditions.length }), () => listed(verdict.conditions), ""),
      chart(this.app, first, say),
      others.length ? onDemand(t("claims.plots", { count: others.length }), () => figures(others), "") : null,
      measured.notes.length ? onDemand(t("claims.notes"), () => listed(measured.notes), "") : null,
      h("p", { class: "caption" }, t("claims.provenance", { ...provenance, machine: say(provenance.machine), seconds: format.count(provenance.seconds) })),
    );
  }
}

/** @param {string} answer such as "holds partly" */
const kindOf = (answer) => answer.replaceAll(" ", "-");
