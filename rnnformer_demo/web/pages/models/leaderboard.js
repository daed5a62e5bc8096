/** The leaderboard of attribution methods: a row for each, a column for each benchmark, sorted by any of them. */

import { button, h, replace } from "../../core/dom.js";
import { table } from "../../core/parts.js";

/**
 * @typedef {{value: number, interval: [number, number]} | null} Cell
 * @typedef {{method: string, smoothed: boolean, rank: number | null, cells: Cell[]}} Row
 * @typedef {{benchmark: string, model: string, data: string, n: number, inputs: string, title: string, about: string,
 *   weights: {digest: string, replaced: boolean} | null}} Column
 */

/**
 * Return the board of one modality.
 * @param {import("../../app.js").App} app @param {{columns: Column[], rows: Row[]}} board @param {string} title
 */
export function leaderboard(app, { columns, rows }, title) {
  const { t, format } = app;
  const frame = h("div", { class: "leaderboard" });
  /** @param {number} by column; -1 for the mean rank */
  const draw = (by) => {
    const heads = [t("leaderboard.method"), t("leaderboard.rank"), ...columns.map((column) => headOf(app, column))];
    const lines = sorted(rows, by).map((row) => [
      nameOf(app, row),
      row.rank === null ? "" : format.exact(row.rank),
      ...row.cells.map((cell) => cellOf(app, cell)),
    ]);
    const focused = frame.querySelector("th button:focus") !== null;
    replace(frame, table(title, heads, lines));
    frame.querySelectorAll("thead th").forEach((head, place) => {
      if (!place) return;
      const column = place - 2;
      const name = head.textContent ?? "";
      replace(head, button(name, () => draw(column), { title: columns[column]?.about }));
      head.setAttribute("aria-sort", column === by ? (column < 0 ? "ascending" : "descending") : "none");
      if (focused && column === by) /** @type {HTMLElement} */ (head.firstElementChild).focus();
    });
  };
  draw(-1);
  const weights = new Set(columns.map((column) => weightsOf(app, column)));
  weights.delete("");
  return h("div", {}, frame, weights.size ? h("p", { class: "model-interval" }, t("leaderboard.weights", { weights: [...weights].join(", ") })) : null);
}

/** Return the weights behind a column, "" where small models were made for it. @param {import("../../app.js").App} app @param {Column} column */
function weightsOf({ t }, { model, weights }) {
  if (!weights) return "";
  return t(weights.replaced ? "leaderboard.replaced" : "leaderboard.digest", { model, digest: weights.digest });
}

/** Return the rows, the best of a column first and those without a figure last. @param {Row[]} rows @param {number} by */
function sorted(rows, by) {
  if (by < 0) return rows;
  return [...rows].sort((a, b) => (b.cells[by]?.value ?? -1) - (a.cells[by]?.value ?? -1));
}

/** @param {import("../../app.js").App} app @param {Row} row */
function nameOf({ t }, { method, smoothed }) {
  const [id, options] = method.split(":");
  const name = t(`method.${id}`) + (options ? ` (${options})` : "");
  return smoothed ? t("leaderboard.smoothed", { method: name }) : name;
}

/** @param {import("../../app.js").App} app @param {Column} column */
function headOf({ t, say, format }, { benchmark, model, data, n }) {
  const measure = t(`leaderboard.${benchmark}`);
  return t("leaderboard.column", { measure, model, data: say(data), n: format.count(n) });
}

/** @param {import("../../app.js").App} app @param {Cell} cell */
function cellOf({ t, format }, cell) {
  if (!cell) return "";
  const [low, high] = cell.interval.map(format.percent);
  return h("span", {}, format.percent(cell.value), " ", h("span", { class: "model-interval" }, t("models.interval", { low, high })));
}
