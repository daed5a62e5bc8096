/** One unit of the recurrence: its gates, its candidate and hidden state, its cell state, step by step. */

import { LINES, LINES_DARK, isDark } from "../../core/colours.js";
import { h, replace } from "../../core/dom.js";
import { graphic, showNumbers, table } from "../../core/parts.js";
import { Curves, legend } from "../../core/plot.js";
import { LETTERS, shorten, tokenNames, tokensOf } from "../../core/units.js";
import { quantities, valuesOf } from "./values.js";

/** @param {import("../recurrence.js").Shared} shared @returns {import("../recurrence.js").Tab} */
export function unitTab(shared) {
  const { context, chosen, words } = shared;
  const { store, t, format } = context;
  const { input } = store.document;
  const { recurrence, direction } = chosen();
  const all = quantities(recurrence).map((quantity) => ({ quantity, values: valuesOf(recurrence, quantity, direction) }));
  const gates = all.filter(({ values }) => values.isGate);
  const cells = all.filter(({ values }) => values.key === "cells");
  const states = all.filter(({ values }) => values.key === "hidden" || values.key === "candidate");
  const reading = h("p", { class: "reading" });
  const numbers = h("div");
  const move = {
    point: (x) => store.point(input.token_to_unit[Math.round(x)]),
    leave: () => store.point(null),
    pick: (x) => store.pin(input.token_to_unit[Math.round(x)]),
  };
  const steps = gates[0].values.steps;
  const across = { x: /** @type {[number, number]} */ ([0, steps - 1 || 1]), series: [], label: "", ...move };
  const ticks = (...places) => places.map((at) => ({ at, text: format.count(at) }));
  const plots = [
    { title: t("recurrence.gates"), group: gates, y: [0, 1], yTicks: ticks(0, 1) },
    { title: t(states.length > 1 ? "recurrence.states" : "recurrence.hidden"), group: states, y: [-1, 1], yTicks: ticks(-1, 0, 1) },
    { title: t("recurrence.cells"), group: cells, y: [0, 1], yTicks: [] },
  ]
    .filter(({ group }) => group.length)
    .map((plot, index, { length }) => ({
      ...plot,
      legend: h("div"),
      curves: new Curves({
        ...across,
        y: /** @type {[number, number]} */ (plot.y),
        yTicks: plot.yTicks,
        ...(index + 1 < length ? { xTicks: [], height: 140, bottom: 8 } : below()),
      }),
    }));
  const units = Array.from({ length: recurrence.hidden.shape[2] }, (_, index) => index);
  const drawn = plots.map(({ title, curves, legend: below }) => [h("h3", {}, title), curves.element, below]);
  const frame = graphic(t("recurrence.traces"), (event) => shared.walk(event, units), drawn);
  const element = h("div", {}, frame, reading, numbers);

  function below() {
    if (!words)
      return {
        xTicks: Array.from({ length: input.grid[0] }, (_, row) => ({ at: row * input.grid[1], text: String(row + 1) })),
        height: 160,
        bottom: 28,
      };
    return {
      xTicks: tokenNames(store.document, t).map((name, at) => ({ at, text: shorten(name, LETTERS) })),
      slanted: true,
      height: 216,
      bottom: 84,
    };
  }

  /** Return an axis from 0, or from the least value, to the largest. */
  function scaled(values) {
    const [low, high] = [Math.min(0, Math.floor(Math.min(...values))), Math.max(0, Math.ceil(Math.max(...values)))];
    return { y: /** @type {[number, number]} */ ([low, high]), yTicks: ticks(...new Set([low, 0, high])) };
  }

  const at = (values, step) => values.data[step * values.units + chosen().unit];

  function seriesOf(group) {
    const lines = isDark() ? LINES_DARK : LINES;
    const x = Array.from({ length: steps }, (_, step) => step);
    return group.map(({ quantity, values }, index) => ({
      name: shared.quantityName(quantity),
      x,
      y: x.map((step) => at(values, step)),
      colour: lines[index],
      dots: steps <= 60,
    }));
  }

  function unit() {
    const marked = shared.searchable ? shared.marked() : null;
    const band =
      marked && /** @type {[number, number]} */ ([Math.max(0, marked.tokens[0] - 0.5), Math.min(steps - 1, marked.tokens[1] - 0.5)]);
    const named = { unit: chosen().unit, name: recurrence.name };
    for (const { title, group, curves, legend: below } of plots) {
      const series = seriesOf(group);
      curves.draw({ series, band, label: t("recurrence.curves", { title, ...named }), ...(group === cells ? scaled(series[0].y) : {}) });
      if (series.length > 1) replace(below, legend(series, h));
    }
    const heads = [t(words ? "word" : "recurrence.cell"), ...all.map(({ quantity }) => shared.quantityName(quantity))];
    const rows = () =>
      tokenNames(store.document, t).map((name, step) => [name, ...all.map(({ values }) => format.exact(at(values, step)))]);
    showNumbers(numbers, t("numbers"), () => table(t("recurrence.unitTable", named), heads, rows()));
    point();
  }

  function point() {
    const { unit: word } = store.cursor;
    // A word of several tokens is read when its last one is: backwards, the first.
    const step = word === null ? null : /** @type {number} */ (tokensOf(store.document)[word].at(direction ? 0 : -1));
    for (const { curves } of plots) curves.at(step);
    const found =
      step === null
        ? []
        : [...gates, ...states, ...cells].map(
            ({ quantity, values }) =>
              `${shared.quantityName(quantity)} ${(values.isGate ? format.exact : format.signed)(at(values, step))}`,
          );
    reading.textContent =
      step === null
        ? t(words ? "recurrence.unitHint" : "recurrence.unitHintPhoto")
        : t("recurrence.at", { unit: chosen().unit, word: shared.stepName(step), value: found.join(", ") });
  }

  unit();
  return { element, point, unit };
}
