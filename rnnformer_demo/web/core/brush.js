/** A brush over a photo: cells of its grid are chosen by covering them, or by the arrow keys and Space. */

import { h } from "./dom.js";
import { moveCursor } from "./parts.js";
import { followPointer } from "./pointer.js";

const FINE = 32; // pixels of a cell's side on the canvas, whatever its size on the screen
const COVERED = 0.25; // share of a cell from which on it counts

/**
 * @typedef {object} BrushOptions
 * @property {number} rows
 * @property {number} columns
 * @property {number} size of the brush, in cells
 * @property {string} label
 * @property {import("./store.js").Store} store its cursor follows the pointer and the keys
 * @property {(units: number[]) => void} change is called when other cells are chosen
 */

export class Brush {
  /** @param {BrushOptions} options */
  constructor(options) {
    this.options = options;
    const { rows, columns, label, store } = options;
    this.canvas = h("canvas", { width: columns * FINE, height: rows * FINE, "aria-hidden": "true" });
    this.ink = this.canvas.getContext("2d", { willReadFrequently: true });
    this.ink.lineCap = this.ink.lineJoin = "round";
    this.cells = h("div", { class: "brush-cells", "aria-hidden": "true" });
    this.at = h("div", { class: "brush-at", "aria-hidden": "true", hidden: true });
    this.units = /** @type {number[]} */ ([]);
    this.element = h(
      "div",
      { class: "brush", tabindex: "0", role: "application", "aria-label": label, onkeydown: (event) => this.#key(event) },
      this.canvas,
      this.cells,
      this.at,
    );
    this.#listen(store);
    this.point();
  }

  /** Forget all strokes. */
  clear() {
    this.last = null;
    this.ink.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#count();
  }

  /** Frame the cell of the cursor. */
  point() {
    const { unit } = this.options.store.cursor;
    this.at.hidden = unit === null;
    if (unit !== null) this.#place(this.at, unit);
  }

  #place(element, unit) {
    const { rows, columns } = this.options;
    const place = { left: unit % columns, top: Math.floor(unit / columns) };
    element.style.left = `${(100 * place.left) / columns}%`;
    element.style.top = `${(100 * place.top) / rows}%`;
    element.style.width = `${100 / columns}%`;
    element.style.height = `${100 / rows}%`;
  }

  #listen(store) {
    const { element } = this;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.last = this.#where(event);
      this.#stroke(this.last);
    });
    element.addEventListener("pointermove", (event) => {
      if (this.last) this.#stroke(this.#where(event));
    });
    element.addEventListener("pointerup", () => (this.last = null));
    element.addEventListener("pointercancel", () => (this.last = null));
    followPointer(element, (event) => this.#unit(event), { point: (unit) => store.point(unit), leave: () => store.point(null) });
  }

  /** Draw from where the pointer was to where it is. @param {[number, number]} to */
  #stroke(to) {
    const { ink } = this;
    ink.strokeStyle = getComputedStyle(this.element).color;
    ink.lineWidth = this.options.size * FINE;
    ink.beginPath();
    ink.moveTo(...(this.last ?? to));
    ink.lineTo(to[0] + 0.01, to[1]); // a line of no length would leave no dot
    ink.stroke();
    this.last = to;
    this.counting ??= requestAnimationFrame(() => {
      this.counting = undefined;
      this.#count();
    });
  }

  /** Find the cells that are covered. */
  #count() {
    const { rows, columns, change } = this.options;
    const { width, height } = this.canvas;
    const { data } = this.ink.getImageData(0, 0, width, height);
    const covered = new Uint32Array(rows * columns);
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      if (data[4 * pixel + 3] > 127) covered[Math.floor(pixel / width / FINE) * columns + Math.floor((pixel % width) / FINE)] += 1;
    }
    const units = Array.from(covered.keys()).filter((unit) => covered[unit] >= COVERED * FINE * FINE);
    if (units.join() === this.units.join()) return;
    this.units = units;
    this.cells.replaceChildren(
      ...units.map((unit) => {
        const cell = h("i", {});
        this.#place(cell, unit);
        return cell;
      }),
    );
    change(units);
  }

  /** Choose a cell, or leave it out again. @param {number} unit */
  #toggle(unit) {
    const { columns } = this.options;
    /** @type {[number, number, number, number]} */
    const square = [(unit % columns) * FINE, Math.floor(unit / columns) * FINE, FINE, FINE];
    this.ink.fillStyle = getComputedStyle(this.element).color;
    if (this.units.includes(unit)) this.ink.clearRect(...square);
    else this.ink.fillRect(...square);
    this.#count();
  }

  #key(event) {
    const { rows, columns, store } = this.options;
    if (event.key === " ") {
      event.preventDefault();
      this.#toggle(store.cursor.unit ?? 0);
      if (store.cursor.unit === null) store.move(0);
    } else moveCursor(event, store, { count: rows * columns, columns });
  }

  #share(event) {
    const box = this.element.getBoundingClientRect();
    const inside = (share) => Math.min(0.9999, Math.max(0, share));
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  #where(event) {
    const [x, y] = this.#share(event);
    return /** @type {[number, number]} */ ([x * this.canvas.width, y * this.canvas.height]);
  }

  #unit(event) {
    const [x, y] = this.#share(event);
    return Math.floor(y * this.options.rows) * this.options.columns + Math.floor(x * this.options.columns);
  }
}
