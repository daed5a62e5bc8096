/** A photo read row by row or column by column: what was read is bright, and the belief at that point stands below. */

import { able, button, h } from "./dom.js";
import { modified, select, slider } from "./parts.js";
import { PhotoGrid } from "./photo.js";
import { beliefAfter, partWith, sharesAfter } from "./prefixes.js";

const PACE = 800; // milliseconds a step
const VEIL = [11, 18, 32, 205]; // over what was not read yet

/** Return the name of the line that a part read last. @param {any} scan @param {number} part @param {import("./i18n.js").Translate} t */
export function lineName(scan, part, t) {
  return t(scan.scan.startsWith("rows") ? "prefixes.row" : "prefixes.column", { number: scan.names[part].replace(/\D/g, "") });
}

/** Return whether a cell lies in the first lines of a scan. */
function isRead(scan, lines, row, column, [rows, columns]) {
  if (scan.scan === "rows from the top") return row < lines;
  if (scan.scan === "rows from the bottom") return row >= rows - lines;
  if (scan.scan === "columns from the left") return column < lines;
  return column >= columns - lines;
}

/**
 * Return the photo with its controls.
 * @param {import("../explorer.js").Context} context @param {() => void} moved is called when another part is shown
 */
export function photoScan(context, moved) {
  const { store, t, format, announce } = context;
  const { input, model, prefixes: scans } = /** @type {any} */ (store.document);
  let scan = scans[0];
  let part = scan.positions.length - 1; // the whole photo
  let timer = 0;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const grid = new PhotoGrid(context, { label: "", still: true });
  const belief = h("p", { class: "scan-belief" });
  const named = (name) => ({ "aria-label": t(name), title: t(name) });
  const previous = button("‹", () => step(part - 1), named("prefixes.previous"));
  const next = button("›", () => step(part + 1), named("prefixes.next"));
  const play = still ? null : button("▶", () => (timer ? pause() : start()), named("prefixes.play"));
  const steps = slider(t("prefixes.step"), { min: 1, max: scan.positions.length, step: 1, value: part + 1 }, (value) => go(value - 1));
  const range = /** @type {HTMLInputElement} */ (steps.querySelector("input"));
  const ways = scans.map((each) => ({ value: each.scan, text: t(`scan.${each.scan}`) }));
  const way = select(t("prefixes.way"), ways, scan.scan, (name) => {
    scan = scans.find((each) => each.scan === name);
    range.max = String(scan.positions.length);
    go(Math.min(part, scan.positions.length - 1));
  });

  /** Show a part; whatever plays ends. @param {number} to */
  function go(to) {
    pause();
    show(to);
  }

  function step(to) {
    if (to < 0 || to >= scan.positions.length) return;
    go(to);
    announce(belief.textContent);
  }

  function start() {
    if (part === scan.positions.length - 1) show(0);
    timer = setTimeout(tick, PACE);
    label("❚❚", t("prefixes.pause"));
  }

  function tick() {
    const on = part < scan.positions.length - 1 && grid.element.isConnected;
    if (on) show(part + 1);
    if (on && part < scan.positions.length - 1) timer = setTimeout(tick, PACE);
    else pause();
  }

  function pause() {
    clearTimeout(timer);
    timer = 0;
    label("▶", t("prefixes.play"));
  }

  function label(text, name) {
    if (!play) return;
    play.textContent = text;
    play.setAttribute("aria-label", name);
    play.title = name;
  }

  function show(to) {
    part = to;
    const lines = scan.positions[part];
    const [rows, columns] = input.grid;
    const read = (place) => isRead(scan, lines, Math.floor(place / columns), place % columns, input.grid);
    grid.paint(rows, columns, (place) => (read(place) ? [0, 0, 0, 0] : VEIL));
    const { label, share } = beliefAfter(store.document, scan, part);
    const { target } = store;
    const own = t("prefixes.target", { target, share: format.percent(sharesAfter(scan, part)[model.labels.indexOf(target)]) });
    const values = { scan: t(`scan.${scan.scan}`), lines, count: scan.positions.at(-1), label, share: format.percent(share) };
    belief.textContent = `${t("prefixes.afterLines", values)} ${label === target ? "" : own}`;
    grid.grid.setAttribute("aria-label", belief.textContent);
    range.value = String(part + 1);
    range.setAttribute("aria-valuetext", belief.textContent);
    able(previous, part > 0);
    able(next, part < scan.positions.length - 1);
    moved();
  }

  const element = h(
    "div",
    { class: "photo-scan" },
    grid.element,
    belief,
    h("div", { class: "choices" }, way, h("div", { class: "scan-buttons" }, previous, play, next), steps),
    h("p", { class: "caption" }, t("prefixes.photo")),
  );
  return {
    element,
    /** Show the part with so many lines. @param {number} lines */
    go: (lines) => go(Math.max(0, partWith(scan, lines))),
    /** Return the number of lines that are read. @returns {number} */
    position: () => scan.positions[part],
    /** @param {KeyboardEvent} event */
    key(event) {
      const to = { ArrowRight: part + 1, ArrowLeft: part - 1, Home: 0, End: scan.positions.length - 1 }[event.key];
      if (to === undefined || modified(event)) return;
      event.preventDefault();
      step(to);
    },
    /** Write the belief anew: another class is explained. */
    draw: () => show(part),
    point: () => grid.point(),
  };
}
