/** The map of the recurrence: units from top to bottom, steps from left to right. */

import { css, isDark } from "../../core/colours.js";
import { button, h, replace } from "../../core/dom.js";
import { Heatmap } from "../../core/heatmap.js";
import { scale, showNumbers, table } from "../../core/parts.js";
import { tokenNames, tokensOf } from "../../core/units.js";
import { DIRECTIONS, colouring, orderOf } from "./values.js";

const MOST_LABELS = 48;
const MOST_CONTRIBUTORS = 3;
const SLIP = 2; // rows that a click may slip

/** @param {import("../recurrence.js").Shared} shared @returns {import("../recurrence.js").Tab} */
export function mapTab(shared) {
  const { context, chosen, choose, words } = shared;
  const { store, t, format } = context;
  const { input } = store.document;
  const { values, order: kind, quantity, direction } = chosen();
  const order = orderOf(values, kind);
  const colour = colouring(values, isDark());
  const number = values.isGate ? format.exact : format.signed;
  const reading = h("p", { class: "reading" });
  const stretch = h("div", { class: "recurrence-stretch" });
  const gutter = h("span", { class: "recurrence-row", "aria-hidden": "true" });
  const numbers = h("div");
  let pointed = /** @type {[number, number] | null} */ (null); // unit and step under the mouse

  const about = facts(shared);
  const name = t("recurrence.map", {
    quantity: shared.quantityName(quantity),
    name: chosen().recurrence.name,
    direction: t(`recurrence.${DIRECTIONS[direction]}`),
    units: values.units,
    steps: values.steps,
  });
  const map = new Heatmap({
    rows: values.units,
    columns: values.steps,
    height: Math.min(330, Math.max(240, 3 * values.units)),
    label: `${name} ${about.join(" ")}`,
    colour: (row, column) => colour(values.data[column * values.units + order[row]]),
    point: (row, column) => hover(row, column),
    leave: () => {
      pointed = null;
      store.point(null);
      say();
    },
    pick: (row, column) => {
      hover(row, column);
      choose("unit", order[row]);
    },
    ...(shared.searchable ? { brush } : {}),
    keydown: key,
  });
  const element = h(
    "div",
    {},
    h("div", { class: "recurrence-map" }, h("div", { class: "recurrence-gutter" }, gutter), map.element, axis(store.document, t)),
    reading,
    h(
      "div",
      { class: "legend" },
      scale(values.isGate ? "0" : number(-values.most), number(values.most), (share) =>
        css(colour(values.isGate ? share : (2 * share - 1) * values.most)),
      ),
      h("span", {}, name),
    ),
    shared.searchable && stretch,
    about.map((sentence) => h("p", { class: "caption" }, sentence)),
    numbers,
  );

  function hover(row, column) {
    pointed = [order[row], column];
    store.point(input.token_to_unit[column]);
    say();
  }

  function brush(fromRow, fromColumn, toRow, toColumn) {
    if (fromColumn === toColumn && Math.abs(fromRow - toRow) <= SLIP) {
      choose("unit", order[fromRow]);
      return point(); // the frame of the stretch goes
    }
    const [first, last] = [Math.min(fromColumn, toColumn), Math.max(fromColumn, toColumn)];
    shared.mark([input.token_to_unit[first], input.token_to_unit[last]], order[fromRow], quantity);
  }

  function key(event) {
    pointed = null;
    shared.walk(event, order);
  }

  function say() {
    const unit = pointed ? pointed[0] : chosen().unit;
    const steps = pointed ? [pointed[1]] : store.cursor.unit === null ? [] : tokensOf(store.document)[store.cursor.unit];
    const found = steps.map((step) => number(values.data[step * values.units + unit])).join(", ");
    reading.textContent = steps.length
      ? t("recurrence.at", { unit, word: shared.stepName(steps[0]), value: found })
      : t(words ? "recurrence.hint" : "recurrence.hintPhoto", { unit });
  }

  const marking = () => (shared.searchable && shared.searched() === quantity ? shared.marked() : null);

  function point() {
    const row = order.indexOf(chosen().unit);
    const at = store.cursor.unit === null ? null : tokensOf(store.document)[store.cursor.unit];
    const marked = marking();
    map.mark([
      { row: [row, row + 1], kind: "unit" },
      ...(marked ? [{ row: /** @type {[number, number]} */ ([row, row + 1]), column: marked.tokens, kind: "stretch" }] : []),
      ...(at ? [{ column: /** @type {[number, number]} */ ([at[0], /** @type {number} */ (at.at(-1)) + 1]) }] : []),
    ]);
    gutter.style.top = `${(100 * (row + 0.5)) / order.length}%`;
    gutter.textContent = String(chosen().unit);
    say();
  }

  function unit() {
    point();
    const marked = marking();
    replace(
      stretch,
      h(
        "span",
        {},
        marked
          ? t("recurrence.marked", { words: marked.words, count: marked.units.length, threshold: format.signed(marked.threshold).slice(1) })
          : t("recurrence.brush"),
      ),
      marked && button(t("recurrence.toSearch"), () => choose("tab", "search"), { class: "quiet" }),
    );
    const unitValue = t("recurrence.unitValue", { unit: chosen().unit });
    const heads = [t(words ? "word" : "recurrence.cell"), unitValue, t("recurrence.strongest"), t("recurrence.meanSize")];
    showNumbers(numbers, t("numbers"), () => table(name, heads, exact()));
  }

  function exact() {
    return tokenNames(store.document, t).map((label, step) => {
      const own = values.data.subarray(step * values.units, (step + 1) * values.units);
      const most = own.reduce((best, value, index) => (Math.abs(value) > Math.abs(own[best]) ? index : best), 0);
      const mean = own.reduce((sum, value) => sum + Math.abs(value), 0) / values.units;
      return [label, number(own[chosen().unit]), t("recurrence.unitAt", { unit: most, value: number(own[most]) }), format.exact(mean)];
    });
  }

  unit();
  return { element, point, unit };
}

/** Return the words below a map, as many as there is room for; of a photo, its rows. */
function axis(document, t) {
  const { input } = document;
  const steps = input.token_to_unit.length;
  const label = (at, text) =>
    h("span", { class: /^[\u2e80-\uffff]/.test(text) ? "upright" : null, style: { left: `${(100 * at) / steps}%` } }, text);
  if (input.grid) {
    const [rows, columns] = input.grid;
    return h(
      "div",
      { class: "recurrence-axis lines", "aria-hidden": "true" },
      Array.from({ length: rows }, (_, row) => label((row + 0.5) * columns, t("recurrence.row", { row: row + 1 }))),
    );
  }
  const every = Math.ceil(steps / MOST_LABELS);
  const shown = tokenNames(document, t)
    .map((name, step) => ({ name, step }))
    .filter(({ step }) => step % every === 0);
  return h(
    "div",
    { class: `recurrence-axis${shown.length > MOST_LABELS / 2 ? " dense" : ""}`, "aria-hidden": "true", dir: "ltr" },
    shown.map(({ name, step }) => label(step + 0.5, name)),
  );
}

/** Return in words what belongs to the quantity: where most happens, half-life, top contributors, saturation. */
export function facts({ context, chosen, stepName }) {
  const { t, format, say } = context;
  const { recurrence, direction, values } = chosen();
  const half = recurrence.half_life[direction];
  const { unit, contributors } = recurrence.fullest[direction];
  const shares = recurrence.saturation[values.key];
  const signed = (share) => `${Math.abs(share) < 0.005 ? "" : share < 0 ? "−" : "+"}${format.wholePercent(Math.abs(share))}`;
  return [
    t(values.key === "contributions" ? "recurrence.most" : "recurrence.change", { word: stepName(busiest(values)) }),
    half === null ? t("recurrence.forever") : t("recurrence.halfLife", { steps: format.tenth(half) }),
    values.key === "contributions" &&
      t("recurrence.fullest", {
        unit,
        list: contributors
          .slice(0, MOST_CONTRIBUTORS)
          .map(({ step, share }) => `${stepName(step)} ${signed(share)}`)
          .join(", "),
      }),
    shares && t("recurrence.saturation", { low: format.wholePercent(shares[0]), high: format.wholePercent(shares[1]) }),
    ...recurrence.left_out.map(say),
  ].filter(Boolean);
}

/**
 * Return the step at which most is written, or at whose reading the values change most.
 * @param {import("./values.js").Values} values
 */
export function busiest({ key, data, steps, units, direction }) {
  const sizes = new Float64Array(steps);
  for (let step = key === "contributions" ? 0 : 1; step < steps; step += 1) {
    for (let unit = 0; unit < units; unit += 1) {
      const place = step * units + unit;
      sizes[step] += key === "contributions" ? Math.abs(data[place]) : (data[place] - data[place - units]) ** 2;
    }
  }
  const most = sizes.indexOf(Math.max(...sizes));
  return key === "contributions" || !direction ? most : Math.max(0, most - 1); // the backward one comes from the next step
}
