/** The analysis beside others: the baselines on the same input, and analyses that were pinned. One cursor links all. */

import { mainTest, membersOf, testTitle } from "../core/catalogue.js";
import { able, button, h, replace } from "../core/dom.js";
import { messageOf } from "../core/i18n.js";
import { link } from "../core/link.js";
import { select, table } from "../core/parts.js";
import { Store } from "../core/store.js";
import { SECTIONS } from "../session.js";

export const wide = true;
export const live = ["input", "prediction", "attribution"];
const HEADS = ["model", "prediction", "probability", "latency", "accuracy", "parameters", "verdict"];
const MORE_PASSES = 4; // of a model whose latency is compared
const SHOWN = ["words", "attribution", "attention", "prefixes", "recurrence", "trust"];

/**
 * @typedef {object} Column another analysis
 * @property {string} model
 * @property {Store} store
 * @property {boolean} pinned it stays for the next input
 * @property {"waiting" | "running" | "there" | "failed" | "stopped"} state
 * @property {string} [message] of an error
 * @property {boolean} [measuring] its trust is being measured
 * @property {number} [latency] in ms, of several passes the fastest
 * @property {AbortController | null} work that is done for it
 * @property {() => void} unlink
 *
 * @typedef {object} Comparison what is compared with the document of a store; it outlives the view
 * @property {any} input of the document that the baselines belong to
 * @property {Column[]} columns
 * @property {string} view that is shown of each
 * @property {AbortController | null} work
 * @property {number} [latency] of the store's own document
 * @property {() => void} refresh shows what has come
 * @property {() => void} leave what the last view has to undo
 */

/** @type {WeakMap<Store, Comparison>} */
const comparisons = new WeakMap();

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  return context.actions ? liveComparison(context) : { element: reported(context), update() {} };
}

/** Return the table of a document that holds a comparison. */
function reported({ store, t, format }) {
  const heads = HEADS.filter((key) => key !== "accuracy").map((key) => t(`comparison.${key}`));
  const rows = store.document.comparison.map(({ model, prediction, trust }) => [
    model.name,
    prediction.label,
    format.percent(prediction.confidence),
    t("comparison.ms", { ms: format.tenth(prediction.latency_ms) }),
    format.count(model.parameters),
    t(`trust.verdict.${trust.verdict}`),
  ]);
  return h("div", {}, table(t("comparison.table"), heads, rows));
}

/** Return the comparison of a store; the baselines of another input go. @param {Store} store */
function comparisonOf(store) {
  let found = comparisons.get(store);
  if (!found) comparisons.set(store, (found = { input: null, columns: [], view: "", work: null, refresh() {}, leave() {} }));
  found.leave();
  if (found.input !== store.document?.input) {
    found.work?.abort();
    found.work = null;
    found.latency = undefined;
    dropBaselines(found);
    found.input = store.document?.input;
  }
  return found;
}

/** @param {Comparison} state */
function dropBaselines(state) {
  for (const column of state.columns.filter(({ pinned }) => !pinned)) {
    column.unlink();
    column.work?.abort();
  }
  state.columns = state.columns.filter(({ pinned }) => pinned);
}

function liveComparison(context) {
  const { store, t, say, format, actions, catalogue, views, modules, announce } = context;
  const { model, input } = store.document;
  const state = comparisonOf(store);
  const fitting = views.filter(({ name, layouts }) => modules.has(name) && layouts.includes(input.layout)).map(({ name }) => name);
  const names = SHOWN.filter((name) => fitting.includes(name));
  state.view = names.includes(state.view) ? state.view : names[0];
  const family = membersOf(catalogue.models, model.name).map(({ name }) => name).filter((name) => name !== model.name);
  const tools = h("div", { class: "comparison-tools" });
  const figures = h("div");
  const options = names.map((name) => ({ value: name, text: t(`view.${name}.title`) }));
  const choice = select(t("comparison.view"), options, state.view, (name) => {
    state.view = name;
    parts.forEach((part) => part.draw());
  });
  const grid = h("div", { class: "comparison-columns" });
  const element = h("div", { class: "comparison" }, tools, figures, choice, grid);
  /** @type {{element: HTMLElement, draw: () => void, update: (changed: Set<string>) => void, end: () => void}[]} */
  let parts = [];

  const run = button("", () => (state.work ? state.work.abort() : compare()));
  const pin = button(t("comparison.pin"), () => keep());
  const progress = h("progress", { max: Math.max(1, family.length) });
  const status = h("span", { class: "caption" });
  replace(tools, family.length ? run : h("p", { class: "caption" }, t("comparison.alone")), pin, progress, status);
  const pinned = () => state.columns.some((column) => column.store.document?.input === store.document?.input);

  function said() {
    const baselines = state.columns.filter((column) => !column.pinned);
    const running = baselines.find((column) => column.state === "running");
    const section = running && SECTIONS.find((name) => !running.store.has(name));
    run.textContent = t(state.work ? "comparison.stop" : baselines.length ? "comparison.again" : "comparison.start");
    able(pin, !pinned());
    progress.hidden = !state.work;
    progress.value = baselines.filter((column) => ["there", "failed"].includes(column.state)).length;
    const step = t(`step.${(running?.store.document && section) || "analysis"}`);
    status.textContent = running ? t("comparison.running", { model: running.model, step }) : "";
    choice.hidden = !state.columns.length;
    const all = [{ model: model.name, store, own: true, latency: state.latency }, ...state.columns];
    const rows = all.filter((each) => each.store.document).map((each) => row(each, context));
    const heads = HEADS.map((key) => t(`comparison.${key}`));
    const before = store.has("comparison") ? reported(context) : h("p", { class: "caption" }, t("comparison.hint"));
    replace(figures, state.columns.length ? table(t("comparison.table"), heads, rows) : before);
  }

  /** @param {string} name @param {Store} own @param {boolean} isPinned @returns {Column} */
  function column(name, own, isPinned) {
    return { model: name, store: own, pinned: isPinned, state: isPinned ? "there" : "waiting", work: null, unlink: link(store, own) };
  }

  function keep() {
    const own = new Store(store.document);
    own.choices = structuredClone(store.choices);
    state.columns.unshift({ ...column(model.name, own, true), latency: state.latency });
    announce(t("comparison.pinned"));
    build();
  }

  function remove(gone) {
    gone.unlink();
    gone.work?.abort();
    state.columns = state.columns.filter((each) => each !== gone);
    build();
    pin.focus();
  }

  /** Analyse the input by the other models, one after the other. */
  async function compare() {
    const work = (state.work = new AbortController());
    dropBaselines(state);
    const baselines = family.map((name) => column(name, new Store(), false));
    state.columns.push(...baselines);
    build();
    const { attribution } = store.document;
    const source = actions?.request() ?? { layout: input.layout, source: input.text };
    const asked = { ...source, method: attribution.method, target: attribution.target };
    state.latency = await fastest({ ...asked, model: model.name }, store.document.prediction.latency_ms, work.signal);
    for (const each of baselines) {
      if (work.signal.aborted) break;
      each.state = "running";
      state.refresh();
      const request = { ...asked, model: each.model };
      each.work = work;
      await answered(each, async (watch) => {
        await actions?.engine.analyse({ ...request, wanted: SECTIONS }, watch);
        each.latency = await fastest(request, each.store.document?.prediction.latency_ms, work.signal);
      });
    }
    for (const each of baselines) if (["waiting", "running"].includes(each.state)) each.state = "stopped";
    if (state.work !== work) return;
    state.work = null;
    announce(t("comparison.done", { count: baselines.filter((each) => each.state === "there").length }));
    state.refresh();
  }

  /** Return the shortest latency of some more passes: the first one after another model is slow. */
  async function fastest(request, latency, signal) {
    for (let pass = 0; pass < MORE_PASSES && !signal.aborted; pass += 1) {
      const sections = ({ prediction }) => prediction && (latency = Math.min(latency, prediction.latency_ms));
      await actions?.engine.analyse({ ...request, wanted: [] }, { signal, sections }).catch(() => {});
    }
    return latency;
  }

  /** Take the sections of an answer into a column. @param {Column} each @param {(watch: any) => Promise<void> | undefined} ask */
  async function answered(each, ask) {
    const { signal } = /** @type {AbortController} */ (each.work);
    const sections = (part) => {
      each.store.merge(part);
      state.refresh();
    };
    try {
      await ask({ signal, sections });
      each.state = "there";
    } catch (error) {
      each.state = signal.aborted ? "stopped" : "failed";
      each.message = signal.aborted ? "" : messageOf(error);
    }
    state.refresh();
  }

  async function measure(each) {
    each.measuring = true;
    each.work = new AbortController();
    state.refresh();
    await answered(each, (watch) => actions?.engine.extend(each.store.document, [{ section: "trust" }], watch));
    each.measuring = false;
    state.refresh();
  }

  function refresh() {
    said();
    parts.forEach((part) => part.update(new Set()));
  }

  /** Build a column for each analysis. */
  function build() {
    parts.forEach((part) => part.end());
    const own = /** @type {any} */ ({ model: model.name, store, own: true, pinned: false, state: "there" });
    parts = state.columns.length ? [own, ...state.columns].map((each) => part(each)) : [];
    said();
    replace(grid, parts.map(({ element: shown }) => shown));
  }

  function part(each) {
    const title = h("h3", { tabindex: "-1" }, each.own ? t("comparison.own", { model: each.model }) : each.model);
    const unpin = each.pinned && button(t("comparison.unpin"), () => remove(each), { class: "quiet" });
    const about = h("div");
    const body = h("div", { class: "comparison-body" });
    let shown = /** @type {import("../explorer.js").ShownView | null} */ (null);
    const entry = () => views.find((view) => view.name === state.view);
    const module = () => modules.get(state.view);
    const there = () => {
      const { document } = each.store;
      return document && entry()?.sections.every((name) => each.store.has(name)) && (module()?.fits?.(document) ?? true);
    };
    function heads() {
      const { document } = each.store;
      const { label = "", confidence = 0 } = document?.prediction ?? {};
      replace(
        about,
        document && h("p", { class: "caption" }, t("status.prediction", { label, share: format.percent(confidence) })),
        each.pinned && h("p", { class: "caption comparison-input", dir: "auto" }, document?.input.text),
        each.message && h("p", { class: "notice" }, say(each.message)),
      );
    }
    function draw() {
      shown = null;
      if (there()) {
        shown = module()?.create({ ...context, actions: null, store: each.store }) ?? null;
        replace(body, shown?.element);
      } else replace(body, missing());
      heads();
    }
    function missing() {
      const awaited = ["waiting", "running"].includes(each.state) || each.measuring || each.store.stale.has(state.view);
      if (awaited) return h("p", { class: "caption" }, t("panel.awaited"));
      const work = () => {
        title.focus(); // the button goes
        measure(each);
      };
      const measurable = state.view === "trust" && each.store.document?.attribution && !each.own;
      if (measurable) return button(t("comparison.measure"), work);
      const values = { model: each.model, view: t(`view.${state.view}.title`) };
      return h("p", { class: "caption" }, each.store.document ? t("comparison.without", values) : t("comparison.nothing"));
    }
    function update(changed) {
      if (changed.has("document") || !!shown !== !!there()) draw();
      else if (shown) changed.size && shown.update(changed);
      else if (!changed.has("cursor")) replace(body, missing());
      if (!changed.size || changed.has("prediction")) heads();
    }
    draw();
    const end = each.own ? () => {} : each.store.subscribe(update);
    const shell = h("section", { class: "comparison-column", "aria-label": each.model }, h("div", { class: "comparison-head" }, title, unpin, about), body);
    return { element: shell, draw, update, end };
  }

  state.refresh = refresh;
  state.leave = () => parts.forEach((each) => each.end());
  build();
  return {
    element,
    update(changed) {
      parts[0]?.update(changed);
      if (["prediction", "attribution", "trust"].some((name) => changed.has(name))) said();
    },
  };
}

/** Return a row of the table: what an analysis says, and what its model can do. */
function row({ model, store, own, pinned, latency }, { t, say, format, catalogue }) {
  const { prediction, trust, model: facts } = store.document;
  const [test, figures] = mainTest(catalogue.models.find((each) => each.name === model));
  return [
    own ? t("comparison.own", { model }) : pinned ? t("comparison.kept", { model }) : model,
    prediction.label,
    format.percent(prediction.confidence),
    t("comparison.ms", { ms: format.tenth(latency ?? prediction.latency_ms) }),
    figures ? t("comparison.test", { share: format.percent(figures.accuracy), test: testTitle(test, say) }) : "",
    format.count(facts.parameters),
    trust ? t(`trust.verdict.${trust.verdict}`) : "",
  ];
}
