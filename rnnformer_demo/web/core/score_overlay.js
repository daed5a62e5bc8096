/** Attribution scores over a photo, cell by cell or pixel by pixel. */

import { once, ranksOf, top } from "./arrays.js";
import { css } from "./colours.js";
import { h, replace } from "./dom.js";
import { evidenceScale } from "./evidence.js";
import { slider, table } from "./parts.js";
import { PhotoGrid } from "./photo.js";
import { unitName } from "./units.js";

/** Colours of evidence over a grey photo, dark and bright as it may be: the same in light and dark pages. */
const FOR = [28, 112, 235];
const AGAINST = [245, 118, 0];
const LIFT = 0.7; // exponent that lifts weak scores into sight
const EXTREMES = 0.005; // share of the pixels that may lie beyond the scale: else a few would leave all others pale

/** Return of an attribution its scores by cell (pixels are added up), the end of its colour scale, and the rank of each cell. */
const cellScores = (attribution, [rows, columns]) => {
  const [fineRows, fineColumns] = attribution.grid;
  const cells = new Array(rows * columns).fill(0);
  attribution.scores.forEach((score, place) => {
    const row = Math.floor((Math.floor(place / fineColumns) * rows) / fineRows);
    cells[row * columns + Math.floor(((place % fineColumns) * columns) / fineColumns)] += score;
  });
  const sizes = Float64Array.from(attribution.scores, Math.abs).sort();
  const left = sizes.length > 1000 ? Math.floor(sizes.length * EXTREMES) : 0;
  return { cells, ranks: ranksOf(cells), end: sizes[sizes.length - 1 - left] || 1 };
};

/** @param {import("../explorer.js").Context} context */
export function photoScores(context) {
  const { store, t, say, format } = context;
  const grid = new PhotoGrid(context, { label: t("attribution.overlay") });
  const reading = h("p", { class: "reading score-reading" });
  const below = h("div", { class: "legend" });
  const percent = () => Number(store.choice("attribution", "opacity", "70"));
  const opacity = slider(t("attribution.opacity"), { min: 0, max: 100, step: 5, value: percent() }, (value) => {
    store.choose("attribution", { opacity: String(value) });
    fade();
  });

  const finer = () => store.document.attribution.scores.length !== store.document.input.units.length;
  const summed = once((attribution) => cellScores(attribution, store.document.input.grid));
  const known = () => summed(store.document.attribution);
  const exact = (more = 0) => format.signedUpTo(top(known().cells), more);

  function fade() {
    grid.layer.style.opacity = `${percent()}%`;
    grid.element.classList.toggle("grey", percent() > 0);
  }

  function draw() {
    const { attribution } = store.document;
    const { cells, end } = known();
    const write = exact();
    const [rows, columns] = attribution.grid;
    grid.paint(rows, columns, (place) => {
      const share = Math.max(-1, Math.min(1, attribution.scores[place] / end));
      return [...(share < 0 ? AGAINST : FOR), 255 * Math.abs(share) ** LIFT];
    });
    grid.name((unit) => t("attribution.cell", { cell: unitName(store.document, unit, t), score: write(cells[unit]) }));
    const shade = (share) => css(share < 0 ? AGAINST : FOR, Math.abs(share) ** LIFT);
    replace(
      below,
      evidenceScale(attribution, t, shade),
      h("span", {}, t("attribution.ends", { score: format.signedUpTo(end, 1)(end), scale: say(attribution.scale) })),
      finer() ? h("span", {}, t("attribution.pixels")) : null,
    );
    fade();
    point();
  }

  function point() {
    const { unit } = store.cursor;
    grid.point();
    if (unit === null) return void (reading.textContent = t("attribution.hint.cell"));
    const { cells, ranks } = known();
    const name = unitName(store.document, unit, t);
    reading.textContent = t("attribution.at", { name, score: exact()(cells[unit]), rank: ranks[unit], count: cells.length });
  }

  function numbers() {
    const [rows, columns] = store.document.input.grid;
    const { cells } = known();
    const heads = Array.from({ length: columns }, (_, column) => format.count(column + 1));
    const written = cells.map(exact(1));
    const lines = Array.from({ length: rows }, (_, row) => [format.count(row + 1), ...written.slice(row * columns, (row + 1) * columns)]);
    return table(t("attribution.table.cells", { target: store.target }), [t("attribution.corner"), ...heads], lines);
  }

  return { element: h("div", { class: "score-photo" }, grid.element, opacity, below, reading), draw, point, numbers };
}
