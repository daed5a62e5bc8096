/** The way of the hidden states through the plane of their first two principal components. */

import { css, sequential } from "../../core/colours.js";
import { h, replace, s } from "../../core/dom.js";
import { graphic, moveCursor, onDemand, scale, table } from "../../core/parts.js";
import { followCursor } from "../../core/pointer.js";
import { tokenNames, tokensOf, unitName } from "../../core/units.js";
import { DIRECTIONS, componentsOf, valuesOf } from "./values.js";

const HEIGHT = 340;
const MARGIN = 28;
const NEAR = 26; // pixels from a point that still mean it
const LETTER = 15; // pixels that a letter of a label takes at most
const LABELS = 14;

/** @param {import("../recurrence.js").Shared} shared @returns {import("../recurrence.js").Tab} */
export function trajectoryTab(shared) {
  const { context, chosen, words } = shared;
  const { store, t, format } = context;
  const { input } = store.document;
  const { recurrence, direction } = chosen();
  const states = valuesOf(recurrence, "hidden state", direction);
  const { points, shares } = componentsOf(states);
  const ways = waysOf(input, recurrence.name, direction);
  const names = tokenNames(store.document, t);
  const said = t("recurrence.components", { first: format.wholePercent(shares[0]), second: format.wholePercent(shares[1]) });
  const reading = h("p", { class: "reading" });
  const rings = s("g", { class: "trajectory-rings" });
  const [first, last] = [ways[0][0], /** @type {number} */ (ways.at(-1)?.at(-1))];
  const label = t("recurrence.trajectoryLabel", {
    name: recurrence.name,
    direction: t(`recurrence.${DIRECTIONS[direction]}`),
    first: shared.stepName(first),
    last: shared.stepName(last),
  });
  const svg = s("svg", { class: "trajectory", role: "img", "aria-label": `${label} ${said}` });
  let places = points;

  const nearest = (event) => {
    const box = svg.getBoundingClientRect();
    const far = places.map(([x, y]) => Math.hypot(x - event.clientX + box.left, y - event.clientY + box.top));
    const step = far.indexOf(Math.min(...far));
    return far[step] <= NEAR ? input.token_to_unit[step] : null;
  };
  followCursor(svg, store, nearest);
  const onkeydown = (event) => {
    if (moveCursor(event, store, { count: input.units.length, columns: input.grid?.[1] })) context.announce(reading.textContent ?? "");
  };
  const element = h(
    "div",
    {},
    graphic(t("recurrence.tab.trajectory"), onkeydown, svg),
    reading,
    h(
      "div",
      { class: "legend" },
      scale(t("recurrence.firstRead"), t("recurrence.lastRead"), (share) => css(sequential(share))),
    ),
    h("p", { class: "caption" }, said),
    onDemand(t("numbers"), () =>
      table(
        t("recurrence.componentsTable"),
        [t(words ? "word" : "recurrence.cell"), t("recurrence.component", { number: 1 }), t("recurrence.component", { number: 2 })],
        points.map((place, step) => [words ? names[step] : shared.stepName(step), ...place.map(format.exact)]),
      ),
    ),
  );
  new ResizeObserver(([{ contentRect }]) => contentRect.width && draw(contentRect.width)).observe(svg);

  function draw(width) {
    const range = [0, 1].map((axis) => [Math.min(...points.map((point) => point[axis])), Math.max(...points.map((point) => point[axis]))]);
    // One scale for both axes: distances are to be seen as they are.
    const unit = Math.max((range[0][1] - range[0][0]) / (width - 2 * MARGIN), (range[1][1] - range[1][0]) / (HEIGHT - 2 * MARGIN)) || 1;
    const middle = range.map(([low, high]) => (low + high) / 2);
    places = points.map(([x, y]) => [width / 2 + (x - middle[0]) / unit, HEIGHT / 2 - (y - middle[1]) / unit]);
    const shareOf = new Map(ways.flatMap((way) => way.map((step, place) => [step, way.length > 1 ? place / (way.length - 1) : 0])));
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.replaceChildren(
      ...ways.map((way) => s("polyline", { points: way.map((step) => places[step].map((value) => value.toFixed(1)).join(",")).join(" ") })),
      ...places.map(([cx, cy], step) => s("circle", { cx, cy, r: 4.5, fill: css(sequential(shareOf.get(step) ?? 0)) })),
      ...labels(width),
      rings,
    );
    point();
  }

  /** Write at the first and last steps, and where the states jump farthest, as long as no label covers another. */
  function labels(width) {
    if (!words) return [];
    const jumps = ways.flatMap((way) =>
      way.map((step, place) => ({
        step,
        far: place ? Math.hypot(points[step][0] - points[way[place - 1]][0], points[step][1] - points[way[place - 1]][1]) : Infinity,
      })),
    );
    const wanted = jumps.sort((a, b) => Number(b.step === last) - Number(a.step === last) || b.far - a.far).slice(0, 3 * LABELS);
    const taken = [];
    return wanted.flatMap(({ step }) => {
      const text = unitName(store.document, input.token_to_unit[step], t);
      const long = Array.from(text).reduce((sum, letter) => sum + (letter > "\u2e7f" ? LETTER : LETTER / 2), 0);
      const [x, y] = places[step];
      const boxes = [x + 8, x - 8 - long].map((start) => ({ start, box: [start, y - 9, start + long, y + 7] }));
      const free = boxes.filter(({ start, box }) => start >= 0 && start + long <= width && !taken.some((other) => meet(box, other)));
      const covered = ({ box }) => places.filter(([px, py], other) => other !== step && meet(box, [px - 4, py - 4, px + 4, py + 4])).length;
      const best = free.sort((a, b) => covered(a) - covered(b))[0];
      if (!best || taken.length >= LABELS || covered(best) > 1) return [];
      taken.push(best.box);
      return [s("text", { x: best.start > x ? best.start : x - 8, y: y + 4, "text-anchor": best.start > x ? "start" : "end" }, text)];
    });
  }

  function point() {
    const { unit } = store.cursor;
    const steps = unit === null ? [] : tokensOf(store.document)[unit];
    replace(
      rings,
      steps.map((step) => s("circle", { cx: places[step][0], cy: places[step][1], r: 9 })),
    );
    reading.textContent =
      unit === null
        ? t(words ? "recurrence.trajectoryHint" : "recurrence.trajectoryHintPhoto")
        : t("recurrence.placed", {
            word: shared.stepName(steps[0]),
            places: steps.map((step) => `(${points[step].map(format.signed).join(", ")})`).join(" "),
          });
  }

  point();
  return { element, point, unit: () => {} };
}

const meet = (one, other) => one[0] < other[2] && one[2] > other[0] && one[1] < other[3] && one[3] > other[1];

/** Return the steps in the order in which a direction reads them: of a photo, row by row or column by column. */
function waysOf(input, name, direction) {
  const all = Array.from({ length: input.token_to_unit.length }, (_, step) => step);
  const [rows, columns] = input.grid ?? [1, all.length];
  const lines = name.includes("columns")
    ? Array.from({ length: columns }, (_, column) => all.filter((step) => step % columns === column))
    : Array.from({ length: rows }, (_, row) => all.slice(row * columns, (row + 1) * columns));
  return direction ? lines.map((line) => line.reverse()) : lines;
}
