/** The reliability diagram of a model on a test: how often it is right where it is so sure. */

import { h, s } from "../../core/dom.js";
import { onDemand, table } from "../../core/parts.js";

const SIZE = { width: 320, height: 300, left: 54, right: 24, top: 10, bottom: 44 };
const LARGEST = 8; // radius of the fullest bin's dot

/** @param {import("../../app.js").App} app @param {import("../models.js").Facts} facts @param {any} test */
export function reliability(app, facts, test) {
  const { t, say, format } = app;
  const bins = test.reliability;
  const fullest = bins.reduce((most, bin) => (bin.count > most.count ? bin : most), bins[0]);
  const label = t("models.reliabilityLabel", {
    name: facts.name,
    test: say(test.title),
    ece: format.percent(test.ece),
    says: format.percent(fullest.confidence),
    right: format.percent(fullest.accuracy),
    count: format.count(fullest.count),
    n: format.count(test.n),
  });
  const others = [["models.eceBefore", test.ece_before_scaling], ["models.eceByChance", test.ece_by_chance]];
  const known = others.filter(([, ece]) => ece !== undefined).map(([key, ece]) => t(key, { ece: format.percent(ece) }));
  const rows = bins.map(({ count, confidence, accuracy, interval }) => [
    format.percent(confidence),
    format.percent(accuracy),
    t("models.interval", { low: format.percent(interval[0]), high: format.percent(interval[1]) }),
    format.count(count),
  ]);
  const heads = [t("models.confidence"), t("models.right"), t("models.interval95"), t("models.n")];
  return h(
    "div",
    {},
    diagram(app, bins, fullest.count, label),
    h("p", { class: "caption" }, [label, ...known, t("models.reliabilityReading")].join(" ")),
    onDemand(t("numbers"), () => table(label, heads, rows)),
  );
}

function diagram({ t, format }, bins, most, label) {
  const { width, height, left, right, top, bottom } = SIZE;
  const px = (share) => left + share * (width - left - right);
  const py = (share) => height - bottom - share * (height - top - bottom);
  const tick = (at) => [
    s("line", { class: "grid", x1: px(0), x2: px(1), y1: py(at), y2: py(at) }),
    s("text", { x: left - 6, y: py(at) + 5, "text-anchor": "end" }, format.wholePercent(at)),
    s("text", { x: px(at), y: height - bottom + 18, "text-anchor": "middle" }, format.wholePercent(at)),
  ];
  const dot = ({ count, confidence, accuracy, interval: [low, high] }) => [
    s("line", { class: "whisker", x1: px(confidence), x2: px(confidence), y1: py(low), y2: py(high) }),
    s("circle", { cx: px(confidence), cy: py(accuracy), r: 2 + (LARGEST - 2) * Math.sqrt(count / most) }),
  ];
  return s(
    "svg",
    { class: "reliability", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    [0, 0.25, 0.5, 0.75, 1].map(tick),
    s("line", { class: "diagonal", x1: px(0), y1: py(0), x2: px(1), y2: py(1) }),
    bins.map(dot),
    s("text", { x: px(0.5), y: height - 6, "text-anchor": "middle" }, t("models.confidenceAxis")),
    s("text", { x: px(0) + 5, y: py(1) + 15 }, t("models.rightAxis")),
  );
}
