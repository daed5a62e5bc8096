/** The photo of a document: the square that was read, as sharp as it is known, and cells over it that the cursor walks. */

import { h } from "./dom.js";
import { moveCursor } from "./parts.js";
import { followCursor, unitUnder } from "./pointer.js";
import { unitName } from "./units.js";

const MOST = 1200; // pixels of a side that are kept of the original
const THUMBNAIL = 8; // pixels of a side by which the original is compared with the square that was read
const ALIKE = 24; // mean difference of its values, 0-255, up to which both are the same picture

/** @type {WeakMap<any, Promise<HTMLCanvasElement>>} */
const squares = new WeakMap();

/**
 * Return the square that was read of a document's photo: cut from the original where that is there and sharper.
 * @param {Pick<import("../explorer.js").Context, "store" | "actions">} context
 */
export function squareOf({ store, actions }) {
  const { input } = /** @type {any} */ (store.document);
  let found = squares.get(input);
  if (!found) squares.set(input, (found = square(input, actions?.photo?.() ?? null)));
  return found;
}

async function square(input, original) {
  if (!input.image) return h("canvas", { width: 1, height: 1 });
  const plain = await read(input);
  if (!input.box || !original?.naturalWidth) return plain;
  const sharp = cut(original, input.box);
  return sharp.width > plain.width && alike(plain, sharp) ? sharp : plain;
}

async function read(input) {
  const image = new Image();
  image.src = `data:image/png;base64,${input.image}`;
  await image.decode();
  return cut(image, [0, 0, 1, 1]);
}

/**
 * Return the whole photo of a document; null where it is not there any more, or the browser cannot draw it.
 * @param {Pick<import("../explorer.js").Context, "store" | "actions">} context
 * @returns {Promise<HTMLImageElement | null>}
 */
export async function originalOf({ store, actions }) {
  const { input } = /** @type {any} */ (store.document);
  const original = actions?.photo?.() ?? null;
  if (!original?.naturalWidth || !input.box || !input.image) return null;
  return alike(await read(input), cut(original, input.box)) ? original : null;
}

/** Return a part of an image on a canvas. @param {HTMLImageElement} image @param {number[]} box in fractions */
function cut(image, [left, top, right, bottom]) {
  const [x, y] = [image.naturalWidth, image.naturalHeight];
  const side = Math.min(MOST, Math.round((right - left) * x));
  const canvas = h("canvas", { width: side, height: side });
  const ink = canvas.getContext("2d");
  ink.fillStyle = "white"; // as the reader lays transparency on white
  ink.fillRect(0, 0, side, side);
  ink.imageSmoothingQuality = "high";
  ink.drawImage(image, left * x, top * y, (right - left) * x, (bottom - top) * y, 0, 0, side, side);
  return canvas;
}

/** Return whether two canvases show the same picture: the visitor may have another photo in the input by now. */
function alike(...canvases) {
  const [one, other] = canvases.map((canvas) => {
    const small = h("canvas", { width: THUMBNAIL, height: THUMBNAIL });
    const ink = small.getContext("2d");
    ink.imageSmoothingQuality = "high";
    ink.drawImage(canvas, 0, 0, THUMBNAIL, THUMBNAIL);
    return ink.getImageData(0, 0, THUMBNAIL, THUMBNAIL).data;
  });
  return one.reduce((sum, value, place) => sum + Math.abs(value - other[place]), 0) / one.length <= ALIKE;
}

export class PhotoGrid {
  /**
   * @param {import("../explorer.js").Context} context
   * @param {{label: string, still?: boolean}} options a still grid has no buttons: it is a picture under the mouse
   */
  constructor(context, { label, still = false }) {
    this.context = context;
    this.still = still;
    const { units, grid } = /** @type {any} */ (context.store.document).input;
    this.columns = grid[1];
    this.photo = h("canvas", { class: "photo-square", "aria-hidden": "true" });
    this.layer = h("canvas", { class: "photo-layer", "aria-hidden": "true" });
    const cell = still ? { "aria-hidden": "true" } : { type: "button", tabindex: "-1" };
    this.cells = units.map((_, unit) => h(still ? "i" : "button", { class: "photo-cell", dataset: { unit }, ...cell }));
    const style = { "--rows": grid[0], "--columns": grid[1] };
    this.grid = h("div", { class: "photo-cells", role: still ? "img" : "group", "aria-label": label, style }, this.cells);
    this.element = h("div", { class: "photo-grid", style }, this.photo, this.layer, this.grid);
    this.at = /** @type {number | null} */ (null);
    squareOf(context).then((source) => {
      Object.assign(this.photo, { width: source.width, height: source.height });
      this.photo.getContext("2d").drawImage(source, 0, 0);
    });
    this.#listen();
    this.name((unit) => unitName(context.store.document, unit, context.t));
    this.point();
  }

  /** Name the cells for those who hear them. @param {(unit: number) => string} name */
  name(name) {
    if (!this.still) this.cells.forEach((cell, unit) => cell.setAttribute("aria-label", name(unit)));
  }

  /**
   * Lay colours over the photo, in cells or finer.
   * @param {number} rows @param {number} columns
   * @param {(place: number) => ArrayLike<number>} colour red, green, blue and opacity in 0-255, by place in row-major order
   */
  paint(rows, columns, colour) {
    const { layer } = this;
    Object.assign(layer, { width: columns, height: rows });
    const ink = layer.getContext("2d");
    const image = ink.createImageData(columns, rows);
    for (let place = 0; place < rows * columns; place += 1) image.data.set(colour(place), 4 * place);
    ink.putImageData(image, 0, 0);
  }

  /** Frame the cell of the cursor. */
  point() {
    const { unit, pinned } = this.context.store.cursor;
    const before = this.cells[this.at ?? 0];
    const place = this.cells[unit ?? 0];
    this.at = unit;
    before?.classList.remove("at", "pinned");
    place?.classList.toggle("at", unit !== null);
    place?.classList.toggle("pinned", pinned);
    if (this.still || !place) return;
    before.tabIndex = -1;
    before.removeAttribute("aria-pressed");
    place.tabIndex = 0;
    place.setAttribute("aria-pressed", String(pinned));
  }

  #listen() {
    const { store } = this.context;
    const { grid, cells, columns } = this;
    followCursor(grid, store);
    grid.addEventListener("keydown", (event) => {
      // From the cell with the focus, wherever the mouse points.
      if (moveCursor(event, store, { count: cells.length, columns, at: unitUnder(event) }) && store.cursor.unit !== null) {
        cells[store.cursor.unit].focus();
      }
    });
  }
}
