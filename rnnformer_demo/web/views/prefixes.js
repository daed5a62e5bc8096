/** Predictions on the way: the probability of the class after growing parts of the input, from either end. */

import { LINES, LINES_DARK, isDark } from "../core/colours.js";
import { h, replace } from "../core/dom.js";
import { graphic, moveCursor, onDemand, table } from "../core/parts.js";
import { lineName, photoScan } from "../core/photo_scan.js";
import { Curves, legend, shareTicks } from "../core/plot.js";
import { beliefAfter, fromTheStart, partWith, sharesAfter } from "../core/prefixes.js";
import { LETTERS, shorten, unitName } from "../core/units.js";

const MOST_LABELS = 32; // more words cannot be read under an axis: every n-th is written

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, format } = context;
  const { input, model } = store.document;
  const words = input.layout === "sequence";
  const count = input.units.length;
  const reading = h("p", { class: "reading" });
  const below = h("div");
  const player = words ? null : photoScan(context, () => point());
  const curves = new Curves({
    ...axes(),
    label: "",
    series: [],
    point: (x) => words && store.point(Math.round(x)),
    leave: () => store.point(null),
    pick: (x) => (player ? player.go(Math.round(x)) : store.pin(Math.round(x))),
  });
  const key = (event) => (player ? player.key(event) : moveCursor(event, store, { count }));
  const frame = graphic(t("view.prefixes.title"), key, curves.element);
  const element = h("div", {}, player?.element, frame, words ? reading : null, below);

  function axes() {
    const every = Math.ceil(count / MOST_LABELS);
    const most = words ? count - 1 : Math.max(...store.document.prefixes.flatMap((each) => each.positions));
    const xTicks = words
      ? input.units.map((unit, at) => ({ at, text: shorten(unit.name, LETTERS) })).filter(({ at }) => at % every === 0)
      : Array.from({ length: most }, (_, i) => ({ at: i + 1, text: String(i + 1) }));
    return { x: /** @type {[number, number]} */ ([words ? 0 : 1, most || 1]), y: /** @type {[number, number]} */ ([0, 1]), xTicks, yTicks: shareTicks(format.wholePercent), slanted: words, bottom: words ? 90 : 30, height: words ? 290 : 230 };
  }

  /** Return where on the axis each part ends: the scan from the end is read from right to left. */
  const places = (scan) => scan.positions.map((position) => (!words ? position : scan.scan === "from the start" ? position - 1 : count - position));

  function draw() {
    const label = model.labels.indexOf(store.target);
    const lines = isDark() ? LINES_DARK : LINES;
    const series = store.document.prefixes.map((scan, index) => {
      const y = scan.positions.map((_, part) => sharesAfter(scan, part)[label]);
      return { name: t(`scan.${scan.scan}`), x: places(scan), y, colour: lines[index], rings: scan.flips, dots: count <= 60 };
    });
    curves.draw({ series, label: store.document.prefixes.map(sentence).join(" ") });
    replace(
      below,
      legend(series, h),
      store.document.prefixes.map((scan) => h("p", { class: "caption" }, sentence(scan), scan.left_out ? ` ${context.say(scan.left_out)}` : "")),
      onDemand(t("numbers"), () =>
        table(t("prefixes.table", { target: store.target }), [t("prefixes.scan"), t("prefixes.part"), t("probability")],
          series.flatMap(({ name, y }, index) => y.map((share, part) => [name, partName(store.document.prefixes[index], part), format.percent(share)])))),
    );
    if (player) player.draw();
    else point();
  }

  function sentence(scan) {
    const { label, share } = beliefAfter(store.document, scan, scan.positions.length - 1);
    const values = { scan: t(`scan.${scan.scan}`), label, place: partName(scan, scan.stable_from), share: format.percent(share), flips: scan.flips.length };
    return t(["prefixes.stable", "prefixes.once"][scan.flips.length] ?? "prefixes.flips", values);
  }

  const partName = (scan, part) => (words ? scan.names[part] : lineName(scan, part, t));

  function point() {
    const { unit } = store.cursor;
    curves.at(player ? player.position() : unit);
    if (player) player.point();
    else replace(reading, unit === null ? t("prefixes.hint") : after(unit));
  }

  /** Return the belief after a word, read from the start. */
  function after(unit) {
    const scan = fromTheStart(store.document);
    const part = partWith(scan, unit + 1);
    if (part < 0) return "";
    const { label, share } = beliefAfter(store.document, scan, part);
    return t("prefixes.after", { word: unitName(store.document, unit, t), label, share: format.wholePercent(share) });
  }

  draw();
  return {
    element,
    update(changed) {
      if (["prefixes", "attribution", "theme"].some((name) => changed.has(name))) draw();
      else if (changed.has("cursor")) point();
    },
  };
}
