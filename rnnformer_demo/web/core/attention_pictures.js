/** Pictures of attention: a map with names at its sides, lines between two columns of words, cells over a photo, thumbnails. */

import { PAPER, isDark, sequential } from "./colours.js";
import { h, replace, s } from "./dom.js";
import { Heatmap } from "./heatmap.js";
import { modified } from "./parts.js";
import { PhotoGrid } from "./photo.js";
import { followPointer, unitUnder } from "./pointer.js";

/**
 * @typedef {import("./attention_maps.js").AttentionMap} AttentionMap
 * @typedef {object} Hands what pointers do; null for the side that is not meant
 * @property {(row: number | null, column: number | null) => void} hover null and null: the mouse has left
 * @property {(row: number | null, column: number | null) => void} pick
 */

const NAME_ROOM = 16; // pixels that a name takes along a side
const DENSE = 120; // columns from which on a frame must be thin
const BROADEST = 15; // pixels of a line with the weight 1
const PLAIN = Array.from({ length: 256 }, (_, level) => sequential(level / 255));
const fade = (paper) => PLAIN.map((colour) => colour.map((part, channel) => Math.round(0.12 * part + 0.88 * paper[channel])));
const FADED = { light: fade(PAPER.light), dark: fade(PAPER.dark) };

/**
 * Return the colour of weights: viridis up to the top; those below the floor fade into the page.
 * @param {number} top @param {number} floor
 * @returns {(weight: number) => ArrayLike<number>}
 */
function colouring(top, floor) {
  const faded = FADED[isDark() ? "dark" : "light"];
  return (weight) => (weight < floor ? faded : PLAIN)[Math.min(255, Math.round((255 * weight) / (top || 1)))];
}

/** Return the colour of weights over a photo: small ones let it show through. @param {number} top @param {number} floor */
function glazing(top, floor) {
  return (weight) => {
    const share = Math.min(1, weight / (top || 1));
    return [...sequential(share), weight < floor ? 0 : 50 + 155 * share];
  };
}

/** Names along one side of a map: as many as there is room for, and always the marked one. */
class Side {
  /** @param {string[]} names @param {"rows" | "columns"} kind @param {(index: number | null, picked: boolean) => void} meet */
  constructor(names, kind, meet) {
    this.names = names;
    this.every = 0;
    this.axis = kind === "rows" ? "top" : "left";
    const at = (event) => {
      const box = this.element.getBoundingClientRect();
      const share = kind === "rows" ? (event.clientY - box.top) / box.height : (event.clientX - box.left) / box.width;
      return Math.min(names.length - 1, Math.max(0, Math.floor(share * names.length)));
    };
    this.marked = this.#name(0, "at");
    this.fixed = h("div");
    this.element = h("div", { class: `attention-side ${kind}`, "aria-hidden": "true" }, this.fixed, this.marked);
    followPointer(this.element, at, { point: (index) => meet(index, false), leave: () => meet(null, false), pick: (index) => meet(index, true) });
    this.mark(-1);
  }

  #name(index, kind = "") {
    return h("span", { class: kind, dir: "auto", style: { [this.axis]: this.#place(index) } }, this.names[index]);
  }

  #place(index) {
    return `${(100 * (index + 0.5)) / this.names.length}%`;
  }

  /** Write the names that a side of so many pixels has room for. @param {number} pixels */
  fit(pixels) {
    const every = Math.max(1, Math.ceil((NAME_ROOM * this.names.length) / (pixels || 1)));
    if (every === this.every) return;
    this.every = every;
    replace(this.fixed, this.names.map((_, index) => (index % every ? null : this.#name(index))));
  }

  /** @param {number} index -1 for none */
  mark(index) {
    this.marked.hidden = index < 0;
    if (index < 0) return;
    this.marked.textContent = this.names[index];
    this.marked.style[this.axis] = this.#place(index);
  }
}

/** A heat map of queries by keys with their names. */
export class MatrixPicture {
  /** @param {{rowNames: string[], columnNames: string[], corner: string, numbered: boolean, hands: Hands}} options one row: no
   *   names beside it; numbered: names of columns are numbers, those of rows long */
  constructor({ rowNames, columnNames, corner, numbered, hands }) {
    const single = rowNames.length === 1;
    this.heat = new Heatmap({
      rows: 0,
      columns: 0,
      colour: () => [0, 0, 0],
      label: "",
      ...(single ? { height: 44 } : {}),
      point: hands.hover,
      leave: () => hands.hover(null, null),
      pick: hands.pick,
    });
    this.heat.element.setAttribute("aria-hidden", "true"); // the frame around the picture says it
    this.rows = single ? null : new Side(rowNames, "rows", (index, picked) => (picked ? hands.pick : hands.hover)(index, null));
    this.columns = new Side(columnNames, "columns", (index, picked) => (picked ? hands.pick : hands.hover)(null, index));
    const kinds = { single, numbered, dense: columnNames.length > DENSE };
    this.element = h(
      "div",
      {
        class: ["attention-matrix", ...Object.keys(kinds).filter((kind) => kinds[kind])].join(" "),
        style: { "--cells": columnNames.length },
      },
      single ? null : h("span", { class: "attention-corner", "aria-hidden": "true" }, corner),
      this.columns.element,
      this.rows?.element,
      this.heat.element,
    );
    new ResizeObserver(() => {
      this.columns.fit(this.heat.element.clientWidth);
      this.rows?.fit(this.heat.element.clientHeight);
    }).observe(this.heat.element);
  }

  /** @param {AttentionMap} map @param {number} floor */
  draw({ rows, columns, data, top }, floor) {
    const colour = colouring(top, floor);
    this.heat.draw({ rows, columns, colour: (row, column) => colour(data[row * columns + column]) });
  }

  /** Frame the row and the column of the cursor. @param {number} row @param {number} column -1 for none */
  mark(row, column) {
    this.rows?.mark(row);
    this.columns.mark(column);
    const ranges = [];
    if (this.rows && row >= 0) ranges.push({ row: /** @type {[number, number]} */ ([row, row + 1]) });
    if (column >= 0) ranges.push({ column: /** @type {[number, number]} */ ([column, column + 1]) });
    this.heat.mark(ranges);
  }
}

/** Two columns of words with lines between them, from each query to each key; the width of a line is its weight. */
export class LinesPicture {
  /** @param {{rowNames: string[], columnNames: string[], hands: Hands}} options */
  constructor({ rowNames, columnNames, hands }) {
    this.left = rowNames.map((name) => h("li", { dir: "auto" }, name));
    this.right = columnNames.map((name) => h("li", { dir: "auto" }, name));
    const places = (names) => names.map((_, index) => (100 * (index + 0.5)) / names.length);
    this.paths = places(rowNames).map((from) => places(columnNames).map((to) => s("path", { d: curve(from, to) })));
    this.svg = s("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none" }, this.paths);
    this.lit = /** @type {Element[]} */ ([]);
    const column = (items, meet) => {
      const at = (event) => (items.includes(event.target) ? items.indexOf(event.target) : null);
      const list = h("ul", {}, items);
      const pick = (index) => index !== null && meet(hands.pick, index);
      followPointer(list, at, { point: (index) => meet(hands.hover, index), leave: () => hands.hover(null, null), pick });
      return list;
    };
    this.element = h(
      "div",
      { class: "attention-lines", "aria-hidden": "true", style: { "--rows": columnNames.length } },
      column(this.left, (act, index) => act(index, null)),
      this.svg,
      column(this.right, (act, index) => act(null, index)),
    );
  }

  /** @param {AttentionMap} map @param {number} floor */
  draw({ columns, data, top }, floor) {
    this.paths.forEach((paths, row) =>
      paths.forEach((path, column) => {
        const weight = data[row * columns + column];
        path.style.strokeWidth = Math.max(0.4, BROADEST * weight).toFixed(2);
        path.style.setProperty("--strength", (weight < floor ? 0.02 : 0.12 + (0.78 * weight) / (top || 1)).toFixed(3));
      }),
    );
  }

  /** Light up the lines from and to the cursor's word. @param {number} row @param {number} column -1 for none */
  mark(row, column) {
    for (const item of this.lit) item.classList.remove("at", "to");
    const from = this.paths[row] ?? [];
    const to = column < 0 ? [] : this.paths.map((paths) => paths[column]);
    this.lit = [...from, ...to, this.left[row], this.right[column]].filter(Boolean);
    for (const item of [...from, this.left[row], this.right[column]]) item?.classList.add("at");
    for (const path of to) path.classList.add("to");
    this.svg.classList.toggle("pointed", this.lit.length > 0 && this.paths.length > 1);
  }
}

function curve(from, to) {
  return `M0,${from}C50,${from} 50,${to} 100,${to}`;
}

/** Weights of cells over the photo; its cells are buttons. */
export class PhotoPicture {
  /** @param {import("../explorer.js").Context} context @param {string} label @param {Hands} hands */
  constructor(context, label, hands) {
    this.grid = new PhotoGrid(context, { label });
    this.element = this.grid.element;
    this.shape = context.store.document.input.grid;
    const point = (unit) => unit !== null && hands.hover(unit, null);
    followPointer(this.element, unitUnder, { point, leave: () => hands.hover(null, null) });
  }

  /** @param {ArrayLike<number>} keys @param {number} top @param {number} floor @param {(cell: number) => string} name */
  draw(keys, top, floor, name) {
    const colour = glazing(top, floor);
    this.grid.paint(this.shape[0], this.shape[1], (place) => colour(keys[place]));
    this.grid.name(name);
  }

  mark() {
    this.grid.point();
  }
}

/**
 * @typedef {object} Thumbnail
 * @property {string} value
 * @property {string} name for a screen reader
 * @property {() => {rows: number, columns: number, data: ArrayLike<number>, top: number}} map
 */

/** Small maps of all layers and heads, of which one is chosen: arrow keys move among them. */
export class Thumbnails {
  /**
   * @param {{label: string, heads: string[], layers: {name: string, cells: Thumbnail[]}[], choose: (value: string) => void}} options
   *   heads are the names of the columns; a layer with one cell gets the whole row
   */
  constructor({ label, heads, layers, choose }) {
    this.lines = layers.map(({ cells }) => cells.map((cell) => this.#thumbnail(cell, choose)));
    this.all = this.lines.flat();
    this.element = h(
      "div",
      {
        class: "attention-thumbs",
        role: "radiogroup",
        "aria-label": label,
        style: { "--heads": Math.max(1, heads.length) },
        onkeydown: (event) => this.#key(event, choose),
      },
      heads.length ? ["", ...heads].map((head) => h("span", { class: "head", "aria-hidden": "true" }, head)) : null,
      layers.map(({ name }, line) => [h("span", { "aria-hidden": "true" }, name), this.lines[line].map(({ button }) => button)]),
    );
  }

  #thumbnail({ value, name, map }, choose) {
    const heat = new Heatmap({ rows: 1, columns: 1, colour: () => [0, 0, 0], label: "", height: 1 });
    const attributes = { type: "button", role: "radio", "aria-label": name, title: name, tabindex: "-1" };
    const button = h("button", { ...attributes, onclick: () => choose(value) }, heat.canvas);
    return { value, button, heat, map };
  }

  /** @param {number} floor share of each map's top below which weights fade */
  draw(floor) {
    for (const { heat, map, button } of this.all) {
      const { rows, columns, data, top } = map();
      const colour = colouring(top, floor * top);
      heat.draw({ rows, columns, colour: (row, column) => colour(data[row * columns + column]) });
      button.classList.toggle("band", rows === 1);
    }
  }

  /** @param {string} value */
  select(value) {
    for (const { button, value: own } of this.all) {
      button.setAttribute("aria-checked", String(own === value));
      button.tabIndex = own === value ? 0 : -1;
    }
  }

  #key(event, choose) {
    const line = this.lines.findIndex((cells) => cells.some(({ button }) => button === event.target));
    if (line < 0 || modified(event)) return;
    const column = this.lines[line].findIndex(({ button }) => button === event.target);
    const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    const cells = this.lines[line + down];
    const next = cells?.[down ? Math.min(column, cells.length - 1) : column + right];
    if (!down && !right) return;
    event.preventDefault();
    if (!next) return;
    choose(next.value);
    next.button.focus();
  }
}
