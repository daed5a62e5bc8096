/** Curves in SVG, with one cursor line and a reading at it. */

import { DASHES } from "./colours.js";
import { s } from "./dom.js";
import { followPointer } from "./pointer.js";

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {ArrayLike<number>} x
 * @property {ArrayLike<number>} y
 * @property {string} colour
 * @property {number[]} [rings] indices of points to be ringed
 * @property {boolean} [dots] draw a dot at each point
 * @property {([number, number] | null)[]} [intervals] ends of y's interval at each point, null where it has none
 *
 * @typedef {object} CurveOptions
 * @property {Series[]} series
 * @property {string} label text alternative
 * @property {[number, number]} x range of the axis
 * @property {[number, number]} y range of the axis
 * @property {{at: number, text: string}[]} xTicks
 * @property {{at: number, text: string}[]} yTicks
 * @property {number} [height] CSS pixels
 * @property {number} [bottom] room for the labels below
 * @property {boolean} [slanted] labels below are words, and stand upright; as many are written as there is room for
 * @property {[number, number] | null} [band] a stretch of the axis to be marked
 * @property {(x: number) => void} [point]
 * @property {() => void} [leave]
 * @property {(x: number) => void} [pick]
 */

const NARROWEST = 240;
const UPRIGHT = 15; // pixels that a word below takes
const LEFT = 46;
const RIGHT = 12;
const TOP = 12;

export class Curves {
  /** @param {CurveOptions} options */
  constructor(options) {
    this.options = options;
    this.element = s("svg", { class: "curves", role: "img", "aria-label": options.label });
    this.cursor = s("line", { class: "curves-cursor", visibility: "hidden" });
    this.width = 600;
    this.x = /** @type {number | null} */ (null);
    this.draw();
    // One unit of the drawing is one pixel: letters are as large on a phone as elsewhere.
    new ResizeObserver(([{ contentRect }]) => {
      const width = Math.max(NARROWEST, Math.round(contentRect.width));
      if (!contentRect.width || width === this.width) return;
      this.width = width;
      this.draw();
    }).observe(this.element);
    followPointer(this.element, (event) => this.#value(event), options);
  }

  /** Draw anew. @param {Partial<CurveOptions>} [changes] */
  draw(changes = {}) {
    const options = Object.assign(this.options, changes);
    const height = options.height ?? 240;
    const bottom = height - (options.bottom ?? 28);
    const right = this.width - RIGHT;
    this.px = (value) => LEFT + ((value - options.x[0]) / (options.x[1] - options.x[0] || 1)) * (right - LEFT);
    const py = (value) => bottom - ((value - options.y[0]) / (options.y[1] - options.y[0] || 1)) * (bottom - TOP);
    this.element.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.element.style.height = `${height}px`;
    this.element.setAttribute("aria-label", options.label);
    const grid = options.yTicks.map(({ at, text }) => [
      s("line", { class: "grid", x1: LEFT, x2: right, y1: py(at), y2: py(at) }),
      s("text", { x: LEFT - 6, y: py(at) + 4, "text-anchor": "end" }, text),
    ]);
    const every = options.slanted ? Math.ceil((UPRIGHT * options.xTicks.length) / (right - LEFT)) : 1;
    const ticks = options.xTicks
      .filter((_, index) => index % every === 0)
      .map(({ at, text }) =>
        options.slanted
          ? s("text", { transform: `translate(${this.px(at) + 4} ${bottom + 8}) rotate(-90)`, "text-anchor": "end" }, text)
          : s("text", { x: this.px(at), y: bottom + 18, "text-anchor": "middle" }, text),
      );
    const curves = options.series.map(({ x, y, colour, rings = [], dots, intervals = [] }, index) => {
      const points = Array.from(x, (value, i) => [this.px(value), py(y[i])]);
      return s(
        "g",
        { style: { color: colour } },
        s("polyline", {
          points: points.map((point) => point.map((n) => n.toFixed(1)).join(",")).join(" "),
          "stroke-dasharray": DASHES[index % DASHES.length],
        }),
        intervals.map((ends, i) => ends && s("line", { class: "curves-interval", x1: points[i][0], x2: points[i][0], y1: py(ends[0]), y2: py(ends[1]) })),
        dots ? points.map(([cx, cy]) => s("circle", { class: "dot", cx, cy, r: 2.5 })) : [],
        rings.map((i) => s("circle", { class: "ring", cx: points[i][0], cy: points[i][1], r: 6 })),
      );
    });
    const [from, to] = (options.band ?? []).map(this.px);
    const band = options.band ? s("rect", { class: "curves-band", x: from, y: TOP, width: to - from, height: bottom - TOP }) : [];
    this.cursor.setAttribute("y1", String(TOP));
    this.cursor.setAttribute("y2", String(bottom));
    this.element.replaceChildren(...[band].flat(), ...grid.flat(), ...ticks, ...curves, this.cursor);
    this.at(this.x);
  }

  /** Move the cursor line to a value of x; null hides it. @param {number | null} x */
  at(x) {
    this.x = x;
    this.cursor.setAttribute("visibility", x === null ? "hidden" : "visible");
    if (x === null) return;
    this.cursor.setAttribute("x1", String(this.px(x)));
    this.cursor.setAttribute("x2", String(this.px(x)));
  }

  #value(event) {
    const box = this.element.getBoundingClientRect();
    const { x } = this.options;
    const place = ((event.clientX - box.left) / box.width) * this.width;
    const value = x[0] + ((place - LEFT) / (this.width - LEFT - RIGHT)) * (x[1] - x[0]);
    return Math.min(Math.max(value, x[0]), x[1]);
  }
}

/** Return ticks 0, 25, 50, 75 and 100 % of a probability. @param {(share: number) => string} percent */
export function shareTicks(percent) {
  return [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: percent(at) }));
}

/** Return a legend of curves. @param {Series[]} series @param {(tag: string, attributes: any, ...children: any[]) => any} h */
export function legend(series, h) {
  return h(
    "ul",
    { class: "curve-legend" },
    series.map(({ name, colour }, index) =>
      h(
        "li",
        {},
        s(
          "svg",
          { viewBox: "0 0 28 8", width: 28, height: 8, "aria-hidden": "true", style: { color: colour } },
          s("line", {
            x1: 0,
            x2: 28,
            y1: 4,
            y2: 4,
            stroke: "currentColor",
            "stroke-width": 2.5,
            "stroke-dasharray": DASHES[index % DASHES.length],
          }),
        ),
        name,
      ),
    ),
  );
}
