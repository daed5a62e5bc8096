/** Deletion and insertion curves of the trust card; the cursor's word stands where its turn comes. */

import { LINES, LINES_DARK, isDark } from "./colours.js";
import { h, replace } from "./dom.js";
import { graphic, moveCursor } from "./parts.js";
import { Curves, legend, shareTicks } from "./plot.js";
import { unitName, unitScores } from "./units.js";

/** @param {import("../explorer.js").Context} context */
export function removalCurves({ store, t, format }) {
  const { trust, input } = store.document;
  const found = Object.entries(trust.perturbations);
  const order = removalOrder(store.document);
  const count = order.length;
  const rank = () => (store.cursor.unit === null ? -1 : order.indexOf(store.cursor.unit));
  const unitAt = (share) => (count ? order[Math.min(count, Math.max(1, Math.round(share * count))) - 1] : null);
  const perturbation = (name) => t(`perturbation.${name}`);
  const areas = found.map(([name, { deletion_auc, insertion_auc }]) => {
    const values = { deletion: format.exact(deletion_auc.value), insertion: format.exact(insertion_auc.value) };
    return t("trust.curvesLabel", { perturbation: perturbation(name), ...values });
  });
  const ticks = shareTicks(format.wholePercent);
  const plot = new Curves({
    series: [],
    label: areas.join(" "),
    x: [0, 1],
    y: [0, 1],
    xTicks: ticks,
    yTicks: ticks,
    height: 200,
    point: (x) => store.point(unitAt(x)),
    leave: () => store.point(null),
    pick: (x) => count && store.pin(unitAt(x)),
  });
  // The arrow keys walk along the curves: from a word to the one that goes next.
  const onkeydown = (event) => count && moveCursor(event, store, { count, at: rank() < 0 ? null : rank(), unitOf: (place) => order[place] });
  const frame = graphic(t("trust.curves"), onkeydown, plot.element);
  const reading = h("p", { class: "reading trust-reading" });
  const below = h("div");

  function draw() {
    const [insertionColour, deletionColour] = isDark() ? LINES_DARK : LINES;
    const series = found.flatMap(([name, { shares, deletion, insertion }]) => [
      { name: t("trust.deletion", { perturbation: perturbation(name) }), x: shares, y: deletion, colour: deletionColour, dots: true },
      { name: t("trust.insertion", { perturbation: perturbation(name) }), x: shares, y: insertion, colour: insertionColour, dots: true },
    ]);
    plot.draw({ series });
    replace(below, legend(series, h));
    point();
  }

  function point() {
    const place = rank();
    plot.at(place < 0 ? null : (place + 1) / count);
    reading.textContent = place < 0 ? t(count ? "trust.hint" : "trust.noHint") : told(place);
  }

  function told(place) {
    const share = (place + 1) / count;
    const [name, { shares, deletion, insertion }] = found[0];
    const [gone, kept] = [deletion, insertion].map((curve) => format.wholePercent(between(shares, curve, share)));
    const word = unitName(store.document, order[place], t);
    const values = { word, before: place, share: format.wholePercent(share), perturbation: perturbation(name), gone, kept };
    return t(place ? "trust.at" : "trust.atFirst", values);
  }

  draw();
  const what = t(input.layout === "grid" ? "trust.curvesGrid" : "trust.curvesWords", { target: trust.target });
  const element = h("div", {}, h("p", { class: "caption" }, what), frame, reading, below);
  return { element, draw, point };
}

/** Return the units in the order in which they go; none where other scores are shown than those that were measured. */
function removalOrder(document) {
  const { trust, attribution } = document;
  const same = attribution && trust.method === attribution.method && trust.target === attribution.target;
  const scores = (same && unitScores(document)) || [];
  return scores.map((_, unit) => unit).sort((a, b) => scores[b] - scores[a] || a - b);
}

/** Return the height of a curve of straight pieces. @param {number[]} x @param {number[]} y @param {number} at */
function between(x, y, at) {
  const next = Math.max(1, x.findIndex((each) => each >= at - 1e-9));
  return y[next - 1] + ((at - x[next - 1]) / (x[next] - x[next - 1] || 1)) * (y[next] - y[next - 1]);
}
