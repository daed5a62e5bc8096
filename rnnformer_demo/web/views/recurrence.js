/** The recurrence at every step: a map of units by steps, one unit's gates, the way of the states, and a search by pattern. */

import { once } from "../core/arrays.js";
import { h, replace } from "../core/dom.js";
import { changeNothing } from "../core/effects.js";
import { modified, moveCursor, segmented, select } from "../core/parts.js";
import { textOf, tokensOf, unitName } from "../core/units.js";
import { mapTab } from "./recurrence/map.js";
import { searchTab } from "./recurrence/search.js";
import { trajectoryTab } from "./recurrence/trajectory.js";
import { unitTab } from "./recurrence/unit.js";
import { DIRECTIONS, HIDDEN, ORDERS, beyond, leastOf, quantities, thresholds, valuesOf } from "./recurrence/values.js";

export const wide = true;
export const fits = (document) => document.recurrence.length > 0;

const TABS = { map: mapTab, unit: unitTab, trajectory: trajectoryTab, search: searchTab };
const OWN = "choices of recurrence";
const FEW = 8; // units that a pattern begins with

/**
 * @typedef {object} Pattern what is searched for
 * @property {[number, number]} [words] the first and the last word of the stretch
 * @property {string} [quantity] hidden states by default, as in LSTMVis
 * @property {number} [threshold]
 * @property {any} [answer] of the server
 * @property {string} [texts] further texts, one a line
 *
 * @typedef {object} Shared what the tabs share
 * @property {import("../explorer.js").Context} context
 * @property {boolean} words whether the input is a text
 * @property {boolean} searchable
 * @property {() => any} chosen recurrence, direction, quantity, order, unit and values
 * @property {(name: string, value: string | number) => void} choose
 * @property {() => Pattern} pattern
 * @property {(words: [number, number], unit: number, quantity: string) => void} mark chooses a stretch of words, with a
 *   threshold that a unit is beyond
 * @property {() => {tokens: [number, number], threshold: number, units: {unit: number, sign: number}[], words: string} | null} marked
 * @property {() => string} searched quantity
 * @property {(step: number) => string} stepName
 * @property {(event: KeyboardEvent, units: number[]) => void} walk through units in an order and through words by arrow
 *   keys; with Shift, it lengthens the stretch
 * @property {(quantity: string) => string} quantityName
 *
 * @typedef {{element: HTMLElement, point: () => void, unit: () => void}} Tab point is called when the cursor has moved, unit
 *   when another unit or stretch is chosen
 */

/** @type {(input: any) => Pattern} */
const patternOf = once(() => ({}));

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, format, actions } = context;
  const words = store.document.input.layout === "sequence";
  const searchable = words && actions !== null;
  const names = Object.keys(TABS).filter((name) => name !== "search" || searchable);
  const effect = h("div", { class: "recurrence-effect" });
  const tabs = h("div", { class: "recurrence-tabs" });
  const controls = h("div", { class: "choices" });
  const body = h("div", { class: "recurrence-body" });
  const element = h("div", { class: "recurrence" }, effect, tabs, controls, body);
  const state = { chosen, choose, pattern, mark, marked, searched, walk };
  const shared = /** @type {Shared} */ ({ context, words, searchable, ...state, stepName, quantityName });
  let tab = /** @type {Tab} */ (/** @type {unknown} */ (null));
  let drawn = "";
  let shownUnit = -1;
  // A unit is one of its model's: another model's unit of that number has nothing in common with it.
  if (store.choices.recurrence?.model !== store.document.model.name) delete store.choices.recurrence?.unit;

  function chosen() {
    const all = store.document.recurrence;
    const choice = (name, options) => options.find((option) => option === store.choice("recurrence", name, "")) ?? options[0];
    const recurrence = all.find(({ name }) => name === store.choice("recurrence", "recurrence", "")) ?? all[0];
    const direction = DIRECTIONS.indexOf(choice("direction", DIRECTIONS));
    const quantity = choice("quantity", quantities(recurrence));
    const values = valuesOf(recurrence, quantity, direction);
    const unit = Number(store.choice("recurrence", "unit", "") || recurrence.fullest[direction].unit);
    return { recurrence, direction, quantity, values, unit, order: choice("order", ORDERS), tab: choice("tab", names) };
  }

  function choose(name, value) {
    if (name !== "tab" && name !== "order" && name !== "unit") {
      Object.assign(pattern(), { threshold: undefined, answer: undefined });
      if (name !== "quantity") delete store.choices.recurrence?.unit; // units of two recurrences have nothing in common
    }
    store.choose("recurrence", { [name]: String(value) });
  }

  function pattern() {
    return patternOf(store.document.input);
  }

  function mark(range, unit, quantity) {
    const { recurrence, direction } = chosen();
    const values = valuesOf(recurrence, quantity, direction);
    const { step } = thresholds(values);
    const least = Math.floor(leastOf(values, tokensIn(range), unit) / step + 1e-6) * step;
    Object.assign(pattern(), { words: range, quantity, threshold: least || undefined, answer: undefined });
    if (unit === chosen().unit) tab.unit();
    else choose("unit", unit);
  }

  function searched() {
    const all = quantities(chosen().recurrence);
    return all.find((quantity) => quantity === pattern().quantity) ?? HIDDEN;
  }

  function tokensIn([first, last]) {
    const tokens = tokensOf(store.document);
    return /** @type {[number, number]} */ ([tokens[first][0], tokens[last].at(-1) + 1]);
  }

  function marked() {
    const { words: range, threshold } = pattern();
    if (!range) return null;
    const { recurrence, direction } = chosen();
    const values = valuesOf(recurrence, searched(), direction);
    const tokens = tokensIn(range);
    const limit = threshold ?? usual(values, tokens);
    return { tokens, threshold: limit, units: beyond(values, tokens, limit), words: textOf(store.document.input, range[0], range[1] + 1) };
  }

  function lengthen(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!searchable || !event.shiftKey || !by) return false;
    event.preventDefault();
    const at = store.cursor.unit ?? 0;
    const to = Math.min(store.document.input.units.length - 1, Math.max(0, at + by));
    const range = pattern().words;
    // The cursor is one end of the stretch; the other one stays.
    const fixed = range && (range[0] === at || range[1] === at) ? (range[0] === at ? range[1] : range[0]) : at;
    store.move(to);
    mark([Math.min(fixed, to), Math.max(fixed, to)], chosen().unit, chosen().tab === "map" ? chosen().quantity : searched());
    return true;
  }

  /** Choose the neighbour of a unit by an arrow key, or move the cursor. */
  function walk(event, units) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (lengthen(event)) return;
    if (by && !modified(event)) {
      const next = units[units.indexOf(chosen().unit) + by];
      if (next !== undefined) choose("unit", next);
      event.preventDefault();
    } else if (!moveCursor(event, store, { count: store.document.input.units.length })) return;
    context.announce(body.querySelector(".reading")?.textContent ?? "");
  }

  function stepName(step) {
    const name = unitName(store.document, store.document.input.token_to_unit[step], t);
    return words ? `“${name}”` : name;
  }

  function quantityName(quantity) {
    return t.has(`quantity.${quantity}`) ? t(`quantity.${quantity}`) : quantity; // of a cell that is newer than the texts
  }

  function draw() {
    const { recurrence, direction, quantity, order, unit, values, tab: shown } = chosen();
    // What a file of this view shows is what stands here.
    store.choices.recurrence = {
      ...store.choices.recurrence,
      model: store.document.model.name,
      recurrence: recurrence.name,
      direction: DIRECTIONS[direction],
      quantity,
      order,
      tab: shown,
    };
    drawn = signature();
    shownUnit = unit;
    tab = TABS[shown](shared);
    refill(
      tabs,
      segmented(t("recurrence.tabs"), options(names, "recurrence.tab."), shown, (name) => choose("tab", name)),
    );
    const all = store.document.recurrence.map(({ name }) => name);
    const several =
      all.length > 1 && select(t("recurrence.recurrence"), options(all), recurrence.name, (name) => choose("recurrence", name));
    const way = segmented(t("recurrence.direction"), options(DIRECTIONS, "recurrence."), DIRECTIONS[direction], (name) =>
      choose("direction", name),
    );
    refill(
      controls,
      several,
      h("div", { class: "choice" }, h("span", { class: "label" }, t("recurrence.direction")), way),
      shown === "map" && quantitySelect(recurrence, quantity, (name) => choose("quantity", name)),
      shown === "map" && select(t("recurrence.order"), options(ORDERS, "recurrence.order."), order, (name) => choose("order", name)),
      shown === "unit" &&
        select(t("recurrence.unit"), options([...Array(values.units).keys()].map(String)), String(unit), (index) => choose("unit", index)),
      shown === "search" &&
        quantitySelect(recurrence, searched(), (name) => {
          Object.assign(pattern(), { quantity: name, threshold: undefined, answer: undefined });
          draw();
        }),
    );
    replace(body, tab.element);
    tab.point();
  }

  const options = (values, key = "") => values.map((value) => ({ value, text: key ? t(key + value) : value }));

  function quantitySelect(recurrence, shown, chose) {
    const all = quantities(recurrence).map((value) => ({ value, text: quantityName(value) }));
    return select(t("recurrence.quantity"), all, shown, chose);
  }

  /** Return all choices but the unit, whose change needs no new map. */
  function signature() {
    const { unit, ...others } = store.choices.recurrence ?? {};
    return JSON.stringify(others);
  }

  function measure() {
    const { interventions } = store.document;
    const after = interventions?.probability["without recurrence"];
    const slight = after !== undefined && changeNothing([interventions.total_variation["without recurrence"]]);
    element.classList.toggle("idle", slight);
    if (after === undefined) return replace(effect);
    const values = {
      target: interventions.target,
      before: format.percent(interventions.probability["as it is"]),
      after: format.percent(after),
      moved: format.percent(interventions.total_variation["without recurrence"]),
    };
    replace(effect, h("p", { class: slight ? "notice" : "caption" }, t(slight ? "recurrence.idle" : "recurrence.off", values)));
  }

  draw();
  measure();
  return {
    element,
    update(changed) {
      if (changed.has("recurrence") || changed.has("theme") || (changed.has(OWN) && signature() !== drawn)) draw();
      else if (changed.has(OWN) && chosen().unit !== shownUnit) {
        shownUnit = chosen().unit;
        const list = /** @type {HTMLSelectElement | null} */ (
          chosen().tab === "unit" ? controls.querySelector(".choice:last-child select") : null
        );
        if (list) list.value = String(shownUnit);
        tab.unit();
      } else if (changed.has("cursor")) tab.point();
      if (changed.has("interventions")) measure();
    },
  };
}

/** Return the threshold that leaves a few units, the highest there is. */
function usual(values, tokens) {
  const { min, max, step } = thresholds(values);
  for (let limit = max; limit > min; limit -= step) if (beyond(values, tokens, limit).length >= FEW) return limit;
  return min;
}

/** Replace the children of an element; the control that had the focus keeps it. */
function refill(element, ...children) {
  const controls = () => [...element.querySelectorAll("select, button")];
  const focused = controls().indexOf(/** @type {any} */ (document.activeElement));
  replace(element, ...children);
  /** @type {any} */ (controls()[focused])?.focus();
}
