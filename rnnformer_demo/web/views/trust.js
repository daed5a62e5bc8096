/** Trust: a verdict on the attribution, its measures among random orders, and what the verdict is worth. */

import { button, h, replace } from "../core/dom.js";
import { onDemand, press, segmented, table } from "../core/parts.js";
import { removalCurves } from "../core/removal_curves.js";
import { shareBar, strip, wilson } from "../core/strips.js";

/** 1: higher is better, -1: lower is. */
const MEASURES = { comprehensiveness: 1, sufficiency: -1, deletion_auc: -1, insertion_auc: 1 };
const KINDS = { trust: "trusted", "with care": "doubted", "don't": "refused", undecided: "doubted" };
const SIGNS = { trust: "✓", "with care": "!", "don't": "✕", undecided: "?" };
const ROOM = 0.04; // of a strip, beyond the last mark
const PARTS = ["among", "curves", "stability"];

/** It can be asked for wherever there is an attribution: where measuring was ended, too. @param {any} document */
export const offers = (document) => Boolean(document.attribution);

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function createEmpty(context) {
  const state = stateLine(context);
  const { t } = context;
  const empty = (name) => row(t(`perturbation.${name}`), strip({ controls: [], value: null, worse: 0, better: 1 }), "");
  const perturbations = context.store.document?.model.perturbations ?? [];
  const measures = measureList(context, () => [...perturbations.map(empty), row("", "", "")]); // as high as it will be
  const worth = h("div", { class: "trust-worth" }, h("h3", {}, t("trust.worth")));
  const element = h("div", { class: "trust trust-empty" }, state.element, h("div", { class: "trust-verdict" }), worth, measures);
  return { element, update: state.update };
}

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store } = context;
  const state = stateLine(context);
  const card = h("div");
  let curves = removalCurves(context);
  const draw = () => {
    curves = removalCurves(context);
    replace(card, ...cardOf(context, curves.element));
  };
  draw();
  return {
    element: h("div", { class: "trust" }, state.element, card),
    update(changed) {
      if (changed.has("trust") || changed.has("attribution")) draw();
      else if (changed.has("theme")) curves.draw();
      else if (changed.has("cursor")) return curves.point();
      state.update();
    },
  };
}

/**
 * Return the line that says what was measured, with the button that ends or begins it.
 * @param {import("../explorer.js").Context} context
 */
function stateLine({ store, t, format, actions }) {
  const said = h("p", { tabindex: "-1" });
  const act = () => (store.stale.has("trust") ? actions?.stop("trust") : actions?.measure());
  const toggle = button("", act);
  const update = () => {
    const { attribution, trust } = store.document ?? {};
    const running = store.stale.has("trust");
    const waiting = running && ["prediction", "attribution", "interventions"].some((name) => store.stale.has(name));
    const other = trust && attribution && (trust.method !== attribution.method || trust.target !== attribution.target);
    const past = !trust ? "trust.absent" : other ? "trust.other" : "trust.measured";
    const about = trust ? { method: t(`method.${trust.method}`), target: trust.target, seconds: format.tenth(trust.seconds) } : {};
    said.textContent = t(waiting ? "trust.waiting" : running ? "trust.measuring" : past, { ...about, seed: trust?.seed ?? 0 });
    toggle.textContent = t(running ? "trust.stop" : "trust.measure");
    const idle = waiting || Boolean(trust && !other && !running);
    if (idle && toggle === document.activeElement) said.focus({ preventScroll: true });
    toggle.hidden = idle;
  };
  update();
  return { element: h("div", { class: "trust-state" }, said, actions ? toggle : null), update };
}

function cardOf(context, curves) {
  const { store, t, say } = context;
  const { trust } = store.document;
  const badge = [h("span", { "aria-hidden": "true" }, SIGNS[trust.verdict] ?? "?"), t(`trust.verdict.${trust.verdict}`)];
  const verdict = h(
    "div",
    { class: `trust-verdict ${KINDS[trust.verdict] ?? ""}` },
    h("p", { class: "trust-badge" }, badge),
    h("ul", {}, trust.reasons.map((reason) => h("li", {}, say(reason)))),
  );
  // One sentence of the server lists the benchmarks; within parentheses it is not cut.
  const benchmarks = trust.benchmark.replace(/^Measured: |\.$/g, "").split(/; (?![^(]*\))/);
  const lead = h("p", {}, trust.benchmark ? t("trust.worthOf", { method: t(`method.${trust.method}`) }) : t("trust.worthNothing"));
  const listed = trust.benchmark ? h("ul", {}, benchmarks.map((each) => h("li", {}, say(each)))) : null;
  const worth = h("div", { class: "trust-worth" }, h("h3", {}, t("trust.worth")), lead, listed);
  const ranked = Object.keys(trust.perturbations).length > 0; // a single word has no order
  return [
    verdict,
    worth,
    ranked ? partsOf(context, curves) : barsOf(context),
    leftOut(context),
    ranked ? onDemand(t("numbers"), () => numbers(context)) : null,
  ];
}

/** Return the parts of the card, one of which is shown; they lie upon each other, so that none is higher than another. */
function partsOf(context, curves) {
  const { store, t } = context;
  const measures = measureList(context, (measure) => stripsOf(context, measure));
  const among = h("div", {}, measures, h("p", { class: "caption" }, precision(context)));
  const parts = [among, curves, barsOf(context)];
  const options = PARTS.map((value) => ({ value, text: t(`trust.${value}`) }));
  const choose = (chosen) => {
    parts.forEach((part, index) => part.classList.toggle("behind", PARTS[index] !== chosen));
    press(buttons, chosen);
  };
  const chosen = store.choice("trust", "part", PARTS[0]);
  const buttons = segmented(t("trust.parts"), options, "", (value) => {
    choose(value);
    store.choose("trust", { part: value });
  });
  choose(chosen);
  return [buttons, h("div", { class: "trust-parts" }, parts)];
}

/** Return a line of three: a name, a graphic, a value. */
const row = (name, graphic, value) => h("div", { class: "strip-row" }, h("span", {}, name), graphic, h("span", {}, value));

/** Return the list of the measures, each with its sentence and its strips. @param {(measure: string) => Node[]} strips */
function measureList({ t }, strips) {
  const items = Object.entries(MEASURES).map(([measure, sign]) => {
    const direction = h("span", { class: "trust-direction" }, t(sign > 0 ? "trust.higher" : "trust.lower"));
    const name = h("p", {}, h("strong", {}, t(`trust.${measure}`)), direction);
    return h("li", {}, name, h("p", { class: "caption" }, t(`trust.${measure}.help`)), strips(measure));
  });
  const key = h("p", { class: "caption" }, t("trust.strips"));
  return h("div", {}, key, h("ul", { class: "trust-measures" }, items));
}

/** Return a strip for each perturbation, all on one scale whose right end is the better one. */
function stripsOf({ store, t, format }, measure) {
  const found = Object.entries(store.document.trust.perturbations);
  const title = t(`trust.${measure}`);
  const values = found.flatMap(([, scores]) => [scores[measure].value, ...(scores[measure].controls ?? [])]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = ROOM * (high - low || 1);
  const ends = [low - room, high + room];
  const [worse, better] = MEASURES[measure] > 0 ? ends : ends.reverse();
  const rows = found.map(([name, { orders, [measure]: { value, percentile, controls = [] } }]) => {
    const among = controls.length ? t("trust.middle", { low: format.exact(controls[2]), high: format.exact(controls[4]) }) : "";
    const beats = t("trust.beatsOf", { percentile: format.count(percentile), orders });
    const way = t(`perturbation.${name}`);
    const label = `${title}, ${way}: ${format.exact(value)}, ${beats}. ${among}`;
    const words = t("trust.beats", { percentile: format.count(percentile) });
    return row(way, strip({ controls, value, worse, better, label }), words);
  });
  const marks = [worse, better].map((end) => h("span", {}, format.exact(end)));
  const scale = h("p", { class: "strip-scale", "aria-hidden": "true" }, marks);
  return [...rows, row("", scale, "")];
}

/** Say how precisely a percentile is known from so many random orders. */
function precision({ store, t, format }) {
  const { orders, comprehensiveness } = Object.values(store.document.trust.perturbations)[0];
  const [low, high] = interval(comprehensiveness.percentile, orders, format);
  const [worst, best] = wilson(0.5, orders);
  const values = { orders, low, high, half: format.count(50 * (best - worst)) };
  return t("trust.precision", { percentile: format.count(comprehensiveness.percentile), ...values });
}

const interval = (percentile, orders, format) => wilson(percentile / 100, orders).map((share) => format.count(100 * share));

/** Return bars of what was measured beside faithfulness. */
function barsOf({ store, t, format }) {
  const { trust } = store.document;
  const names = ["max_sensitivity", "infidelity", "completeness_gap"].filter((name) => trust[name] !== null);
  const items = names.map((name) => {
    const bar = row(h("strong", {}, t(`trust.${name}`)), shareBar(trust[name]), format.percent(trust[name]));
    return h("li", {}, bar, h("p", { class: "caption" }, t(`trust.${name}.help`)));
  });
  const others = Object.entries(trust.agreement);
  if (others.length) {
    const bars = others.map(([name, value]) => row(t(`method.${name}`), shareBar(value, { middle: true }), format.signed(value)));
    items.push(h("li", {}, h("strong", {}, t("trust.agreement")), h("p", { class: "caption" }, t("trust.agreement.help")), bars));
  }
  const { shapley = null } = trust;
  if (shapley && shapley.correlation !== null) {
    const errors = { coalitions: format.count(shapley.coalitions), error: format.wholePercent(largestError(shapley)) };
    const bar = row(h("strong", {}, t("trust.shapley")), shareBar(shapley.correlation, { middle: true }), format.signed(shapley.correlation));
    items.push(h("li", {}, bar, h("p", { class: "caption" }, t("trust.shapley.help", errors))));
  }
  return h("ul", { class: "trust-measures trust-bars" }, items);
}

/** Return the largest standard error as a share of the largest value. */
function largestError({ scores, standard_errors: errors }) {
  return Math.max(...errors) / (Math.max(...scores.map(Math.abs)) || 1);
}

/** Say what was sampled, or not measured, because the input is long. */
function leftOut({ store, t, say }) {
  const { trust, input } = store.document;
  const shares = Object.values(trust.perturbations)[0]?.shares ?? [];
  const units = input.units.length;
  const sentences = (trust.left_out ?? []).map(say);
  if (shares.length && shares.length - 1 < units) sentences.unshift(t("trust.sampled", { places: shares.length - 2, units }));
  return sentences.length ? h("ul", { class: "trust-left-out caption" }, sentences.map((sentence) => h("li", {}, sentence))) : null;
}

function numbers({ store, t, format }) {
  const { trust } = store.document;
  const rows = Object.keys(MEASURES).flatMap((measure) =>
    Object.entries(trust.perturbations).map(([name, { orders, [measure]: { value, normalised, percentile, controls = [] } }]) => [
      t(`trust.${measure}`),
      t(`perturbation.${name}`),
      format.exact(value),
      normalised === null ? "–" : format.exact(normalised),
      `${format.tenth(percentile)} (${interval(percentile, orders, format).join("–")})`,
      controls.length ? format.exact(controls[3]) : "–",
      controls.length ? `${format.exact(controls[1])} … ${format.exact(controls[5])}` : "–",
    ]),
  );
  const heads = ["measure", "perturbation", "value", "normalised", "percentile", "median", "range"].map((head) => t(`trust.head.${head}`));
  const help = h("p", { class: "caption" }, t("trust.normalisedHelp"));
  return h("div", {}, help, table(t("trust.table", { target: trust.target }), heads, rows));
}
