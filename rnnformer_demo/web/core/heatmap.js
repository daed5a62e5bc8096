/** A heat map on a canvas: one pixel a value, enlarged by CSS, with marks over it that move without a redraw. */

import { h } from "./dom.js";
import { followPointer } from "./pointer.js";

/**
 * @typedef {object} HeatmapOptions
 * @property {number} rows
 * @property {number} columns
 * @property {(row: number, column: number) => ArrayLike<number>} colour red, green, blue in 0-255 of a cell
 * @property {string} label text alternative
 * @property {number} [height] CSS pixels; by default the cells are square
 * @property {(row: number, column: number) => void} [point] the mouse is over a cell
 * @property {() => void} [leave] the mouse has left
 * @property {(row: number, column: number) => void} [pick] a cell was clicked or tapped
 * @property {(fromRow: number, fromColumn: number, toRow: number, toColumn: number) => void} [brush] a stretch was drawn with
 *   the mouse held down; `pick` is not called then
 * @property {(event: KeyboardEvent) => void} [keydown] makes the map focusable
 */

export class Heatmap {
  /** @param {HeatmapOptions} options */
  constructor(options) {
    this.options = options;
    this.canvas = h("canvas", { class: "heat-canvas", "aria-hidden": "true" });
    this.marks = h("div", { class: "heat-marks", "aria-hidden": "true" });
    const role = options.keydown ? { role: "group", tabindex: "0", onkeydown: options.keydown } : { role: "img" };
    this.element = h("div", { class: "heat", "aria-label": options.label, ...role }, this.canvas, this.marks);
    if (options.height) this.element.style.height = `${options.height}px`;
    else this.element.style.aspectRatio = `${options.columns} / ${options.rows}`;
    this.#listen();
    this.draw();
  }

  /** Draw all cells; call it again when colours or values have changed. @param {Partial<HeatmapOptions>} [changes] */
  draw(changes = {}) {
    Object.assign(this.options, changes);
    const { rows, columns, colour } = this.options;
    this.canvas.width = columns;
    this.canvas.height = rows;
    if (!rows || !columns) return;
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let row = 0, place = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1, place += 4) {
        const [red, green, blue] = /** @type {any} */ (colour(row, column));
        image.data[place] = red;
        image.data[place + 1] = green;
        image.data[place + 2] = blue;
        image.data[place + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
    if (changes.label) this.element.setAttribute("aria-label", changes.label);
    if (changes.rows || changes.columns) {
      if (!this.options.height) this.element.style.aspectRatio = `${columns} / ${rows}`;
    }
  }

  /**
   * Frame ranges of rows and columns, such as those of the cursor's word; they replace the ones before.
   * @param {{row?: [number, number], column?: [number, number], kind?: string}[]} ranges start and end, exclusive
   */
  mark(ranges) {
    const { rows, columns } = this.options;
    this.marks.replaceChildren(
      ...ranges.map(({ row = [0, rows], column = [0, columns], kind = "" }) =>
        h("div", {
          class: `heat-mark ${kind}`,
          style: {
            left: `${(100 * column[0]) / columns}%`,
            width: `${(100 * (column[1] - column[0])) / columns}%`,
            top: `${(100 * row[0]) / rows}%`,
            height: `${(100 * (row[1] - row[0])) / rows}%`,
          },
        }),
      ),
    );
  }

  #listen() {
    let start = /** @type {[number, number] | null} */ (null);
    let last = ""; // the cell under the mouse
    followPointer(this.element, (event) => this.#cell(event), {
      point: (cell) => {
        if (String(cell) === last) return;
        last = String(cell);
        if (start && this.options.brush) this.mark([span(start, cell, "brush")]);
        else this.options.point?.(...cell);
      },
      leave: () => {
        last = "";
        this.options.leave?.();
      },
    });
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = this.#cell(event);
      if (this.options.brush && event.pointerType === "mouse") this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener("pointerup", (event) => {
      if (!start) return;
      const [from, to] = [start, this.#cell(event)];
      start = null;
      const moved = from[0] !== to[0] || from[1] !== to[1];
      if (moved && this.options.brush) this.options.brush(...from, ...to);
      else this.options.pick?.(...to);
    });
    this.element.addEventListener("pointercancel", () => (start = null));
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  #cell(event) {
    const { rows, columns } = this.options;
    const box = this.element.getBoundingClientRect();
    const inside = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return [inside((event.clientY - box.top) / box.height, rows), inside((event.clientX - box.left) / box.width, columns)];
  }
}

function span(from, to, kind) {
  const range = (a, b) => /** @type {[number, number]} */ ([Math.min(a, b), Math.max(a, b) + 1]);
  return { row: range(from[0], to[0]), column: range(from[1], to[1]), kind };
}
