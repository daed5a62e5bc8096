/** Plots of claims: curves over numbers, rows with intervals over categories. */

import { LINES, LINES_DARK, isDark } from "../../core/colours.js";
import { h, s } from "../../core/dom.js";
import { Curves, legend } from "../../core/plot.js";

/**
 * @typedef {{x: number | string, y: number, low: number | null, high: number | null}} Point
 * @typedef {{title: string, x_label: string, y_label: string, log_x: boolean, log_y: boolean, series: {name: string, points: Point[]}[]}} Plot
 */

const TICKS = 5;
const TALLEST = 260; // pixels

/**
 * Return a plot as a figure.
 * @param {import("../../app.js").App} app @param {Plot} plot @param {(words: string) => string} say translates titles and names
 */
export function chart(app, plot, say) {
  const spoken = {
    ...plot,
    title: say(plot.title),
    x_label: say(plot.x_label),
    y_label: say(plot.y_label),
    series: plot.series.map(({ name, points }) => ({ name: say(name), points: points.map((point) => (typeof point.x === "string" ? { ...point, x: say(point.x) } : point)) })),
  };
  const named = plot.series.some(({ points }) => points.some(({ x }) => typeof x === "string"));
  return h("figure", { class: "claim-chart" }, h("figcaption", {}, spoken.title), named ? rows(app, spoken) : curves(app, spoken));
}

/** @param {import("../../app.js").App} app @param {Plot} plot */
function curves({ t }, plot) {
  const along = scale(plot.series.flatMap(({ points }) => points.map(({ x }) => Number(x))), plot.log_x, 2);
  // What is wider than that many times the spread of the values would leave nothing of them to be seen: it is cut.
  const values = plot.series.flatMap(({ points }) => points.map(({ y }) => y));
  const most = reachOf(values, plot.log_y);
  const within = (value) => Math.min(Math.max(value, most[0]), most[1]);
  const ends = ({ low, high }) => (low === null || high === null ? null : [within(low), within(high)]);
  const shown = plot.series.flatMap(({ points }) => points.flatMap((point) => ends(point) ?? []));
  const up = scale([...values, ...shown], plot.log_y, 10);
  const colours = isDark() ? LINES_DARK : LINES;
  // After a round of colours they go one further than the dashes: no two curves look alike.
  const colour = (index) => colours[(index + Math.floor(index / colours.length)) % colours.length];
  const series = plot.series.map(({ name, points }, index) => ({
    name,
    x: points.map(({ x }) => along.of(Number(x))),
    y: points.map(({ y }) => up.of(y)),
    colour: colour(index),
    intervals: points.map((point) => ends(point)?.map(up.of) ?? null),
    dots: true,
  }));
  const spans = plot.series.map(({ name, points }) => {
    const last = points[points.length - 1];
    return `${name}: ${short(points[0].y)} – ${short(last.y)}`;
  });
  const label = t("claims.plot", { title: plot.title, y: plot.y_label, x: plot.x_label, series: spans.join("; ") });
  const drawn = new Curves({ series, label, x: along.range, y: up.range, xTicks: along.ticks, yTicks: up.ticks, height: TALLEST });
  return [h("p", { class: "caption" }, plot.y_label), drawn.element, h("p", { class: "caption claim-axis" }, plot.x_label), legend(series, h)];
}

/** @param {import("../../app.js").App} app @param {Plot} plot */
function rows({ t }, plot) {
  const points = plot.series.flatMap((series) => series.points);
  const range = rangeOf(points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]));
  const place = (value) => (100 * (value - range[0])) / (range[1] - range[0] || 1);
  const row = (name, { y, low, high }) =>
    h(
      "li",
      {},
      h("span", {}, name),
      h("span", {}, low === null ? short(y) : t("claims.interval", { value: short(y), low: short(low), high: short(high) })),
      s(
        "svg",
        { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", class: "forest-bar" },
        s("line", { class: "interval", x1: place(low ?? y), x2: place(high ?? y), y1: 5, y2: 5 }),
        s("line", { class: "middle", x1: place(y), x2: place(y), y1: 0, y2: 10 }),
      ),
    );
  const group = ({ name, points: own }) => [
    h("p", { class: "caption" }, `${name}: ${plot.y_label}`),
    h("ul", { class: "claim-rows" }, own.map((point) => row(String(point.x), point))),
  ];
  return plot.series.map(group);
}

/** Return how far intervals are drawn: once the spread of the values beyond these. @param {number[]} values @param {boolean} log @returns {[number, number]} */
function reachOf(values, log) {
  const [least, most] = rangeOf(values);
  if (least === most) return [-Infinity, Infinity];
  return log ? [(least * least) / most, (most * most) / least] : [2 * least - most, 2 * most - least];
}

/** Return range, ticks and the place of a value on an axis. @param {number[]} values @param {boolean} log @param {number} base */
function scale(values, log, base) {
  const of = (value) => (log ? Math.log(Math.max(value, Number.MIN_VALUE)) / Math.log(base) : value);
  const range = rangeOf(values.map(of));
  const step = log ? Math.max(1, Math.ceil((range[1] - range[0]) / TICKS)) : evenStep((range[1] - range[0]) / TICKS);
  const ticks = [];
  for (let place = Math.ceil(range[0] / step); place * step <= range[1]; place += 1) {
    ticks.push({ at: place * step, text: short(log ? base ** (place * step) : place * step) });
  }
  return { of, range, ticks };
}

/** Return the step of 1, 2 or 5 times a power of ten that is not below another. @param {number} least */
function evenStep(least) {
  const power = 10 ** Math.floor(Math.log10(least || 1));
  return power * (/** @type {number} */ ([1, 2, 5, 10].find((times) => times * power >= least)));
}

/** @param {number[]} values @returns {[number, number]} */
function rangeOf(values) {
  return [Math.min(...values), Math.max(...values)];
}

/** Write a number in three digits, a large one in whole numbers. @param {number} value */
function short(value) {
  const size = Math.abs(value);
  const text = size && (size < 0.001 || size >= 100_000) ? value.toExponential(0) : String(size >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
  return text.replace("-", "−");
}
