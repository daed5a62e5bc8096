/** Attribution scores of a text: bars of its strongest words; of a long text first those of its sentences. */

import { largest, ranksOf, top } from "./arrays.js";
import { PAPER, css, evidence, isDark } from "./colours.js";
import { button, h, replace } from "./dom.js";
import { scoreTable } from "./evidence.js";
import { Heatmap } from "./heatmap.js";
import { moveCursor } from "./parts.js";
import { followCursor } from "./pointer.js";
import { attributionsOf, sentencesOf, textOf, unitName } from "./units.js";

const BARS = 24; // as in the figure of ../../views/attribution.py
const LONG = 60; // words, from which on the sentences come first
const MARKS = ["◆", "▲", "●", "■", "✚"]; // of other methods

/**
 * @typedef {object} Row a bar
 * @property {number} unit that it points to
 * @property {string} name
 * @property {number} score
 * @property {number[]} others scores of other methods, each as a share of its method's strongest one
 * @property {number} [sentence] index of the sentence that it stands for
 */

/** @param {import("../explorer.js").Context} context */
export function wordScores(context) {
  const { store, t, say, format } = context;
  const { units } = store.document.input;
  const sentences = units.length > LONG ? sentencesOf(store.document) : [];
  const long = sentences.length > 1;
  const strip = units.length > LONG ? overview(context) : null;
  const head = h("div", { class: "score-head" });
  const list = h("div", { class: "scores", role: "group", onkeydown: key });
  const below = h("div", { class: "legend" });
  const reading = h("p", { class: "reading score-reading" });
  const element = h("div", {}, strip?.element, head, list, below, reading);
  let rows = /** @type {Row[]} */ ([]);
  let bars = /** @type {any[]} */ ([]);
  let zoomed = /** @type {number | null} */ (null);
  let ranks = /** @type {number[]} */ ([]);
  let signed = format.signed;

  const rowAt = (event) => {
    const bar = event.target.closest?.(".score");
    return bar ? rows[Number(bar.dataset.row)] : null;
  };

  followCursor(list, store, (event) => rowAt(event)?.unit ?? null, (unit, event) => {
    const { sentence } = rowAt(event);
    if (sentence === undefined) store.pin(unit);
    else zoom(sentence);
  });

  /** Move from bar to bar; Enter opens a sentence as a click does. @param {KeyboardEvent} event */
  function key(event) {
    const zooms = long && zoomed === null;
    if (zooms && (event.key === "Enter" || event.key === " ")) return;
    if (event.key === "Escape" && zoomed !== null && store.cursor.unit === null) return zoom(null);
    const at = bars.indexOf(event.target); // the bar with the focus, wherever the mouse points
    if (moveCursor(event, store, { count: rows.length, at, unitOf: (place) => rows[place].unit })) bars[current()]?.focus();
  }

  /** Return the place of the bar of the cursor; -1 where it has none. */
  function current() {
    const { unit } = store.cursor;
    if (unit === null) return -1;
    if (long && zoomed === null) {
      const at = sentences.findIndex(({ end }) => unit < end);
      return rows.findIndex(({ sentence }) => sentence === at);
    }
    return rows.findIndex((row) => row.unit === unit);
  }

  /** Show the words of one sentence, or all sentences. @param {number | null} sentence */
  function zoom(sentence) {
    const before = zoomed;
    zoomed = sentence;
    draw();
    if (sentence === null) bars[rows.findIndex((row) => row.sentence === before)]?.focus();
    else head.querySelector("button")?.focus();
  }

  /** Return attributions of the same class by other methods, as far as there are marks for them. */
  const others = () => attributionsOf(store.document).slice(1).slice(-MARKS.length);

  /** Return the rows of the bars, in the order of the text. @returns {Row[]} */
  function rowsNow() {
    const { scores } = store.document.attribution;
    const share = others().map((each) => ({ scores: each.scores, most: top(each.scores) || 1 }));
    if (long && zoomed === null) {
      const sum = (values, { start, end }) => values.slice(start, end).reduce((total, value) => total + value, 0);
      const sums = sentences.map((range) => sum(scores, range));
      const mosts = share.map(({ scores: each }) => top(sentences.map((range) => sum(each, range))) || 1);
      return strongestOf(sums).map((sentence) => {
        const range = sentences[sentence];
        const unit = largest(scores.slice(range.start, range.end).map(Math.abs), 1)[0] + range.start;
        const marks = share.map((each, i) => sum(each.scores, range) / mosts[i]);
        return { unit, sentence, name: opening(sentence), score: sums[sentence], others: marks };
      });
    }
    const { start, end } = zoomed === null ? { start: 0, end: units.length } : sentences[zoomed];
    return strongestOf(scores.slice(start, end)).map((place) => {
      const unit = start + place;
      const marks = share.map((each) => each.scores[unit] / each.most);
      return { unit, name: unitName(store.document, unit, t), score: scores[unit], others: marks };
    });
  }

  const strongestOf = (values) => largest(values.map(Math.abs), BARS).sort((a, b) => a - b);

  /** Return number and words of a sentence. @param {number} sentence */
  function opening(sentence) {
    const { start, end } = sentences[sentence];
    return `${sentence + 1}. ${textOf(store.document.input, start, end).replace(/\s+/g, " ")}`;
  }

  function draw() {
    const { attribution } = store.document;
    const { target, scores } = attribution;
    const dark = isDark();
    const focus = bars.indexOf(document.activeElement);
    rows = rowsNow();
    ranks = ranksOf(scores);
    signed = format.signedUpTo(top(scores));
    const strongest = top(rows.map(({ score }) => score)) || 1;
    const shares = rows.flatMap((row) => [row.score / strongest, ...row.others]);
    const [low, high] = [Math.min(0, ...shares), Math.max(0, ...shares)];
    const place = (share) => (100 * (share - low)) / (high - low || 1);
    const zooms = long && zoomed === null;
    list.setAttribute("aria-label", t(zooms ? "attribution.bars.sentences" : "attribution.bars", { target }));
    list.style.setProperty("--zero", `${place(0)}%`);
    list.classList.toggle("of-sentences", zooms);
    bars = rows.map(({ name, score, others: marks }, row) => {
      const label = t("attribution.cell", { cell: name, score: signed(score) });
      const [from, to] = [Math.min(0, score / strongest), Math.max(0, score / strongest)].map(place);
      return h(
        "button",
        { type: "button", class: "score", tabindex: "-1", dataset: { row }, "aria-label": label },
        h("span", { class: "score-name", dir: "auto" }, name),
        h(
          "span",
          { class: "score-track", "aria-hidden": "true" },
          h("i", { class: "score-fill", style: { left: `${from}%`, width: `${to - from}%`, background: css(evidence(score, dark)) } }),
          marks.map((share, index) => h("i", { class: "score-mark", style: { left: `${place(share)}%` } }, MARKS[index])),
        ),
        h("span", { class: "score-number" }, signed(score)),
      );
    });
    replace(list, bars);
    drawHead(zooms);
    replace(
      below,
      h("span", {}, t(attribution.signed ? "attribution.signed" : "attribution.unsigned", { target, scale: say(attribution.scale) })),
      others().length ? h("span", {}, t("attribution.others")) : null,
      others().map((each, index) => h("span", {}, MARKS[index], " ", t(`method.${each.method}`))),
    );
    strip?.draw();
    point();
    if (focus >= 0) bars[Math.min(focus, bars.length - 1)]?.focus();
  }

  function drawHead(zooms) {
    const { length } = zoomed === null ? units : { length: sentences[zoomed].end - sentences[zoomed].start };
    const count = zooms ? sentences.length : length;
    const some = rows.length < count ? t(zooms ? "attribution.some.sentences" : "attribution.some", { shown: rows.length, count }) : "";
    replace(
      head,
      zooms ? h("p", { class: "caption" }, t("attribution.zoom")) : null,
      zoomed === null ? null : button(t("attribution.all"), () => zoom(null), { class: "quiet" }),
      zoomed === null ? null : h("p", {}, t("attribution.sentence", { number: zoomed + 1, count: sentences.length })),
      some ? h("p", { class: "caption" }, some) : null,
    );
  }

  function point() {
    const { unit, pinned } = store.cursor;
    const at = current();
    const before = list.querySelector(".score.at");
    if (before && before !== bars[at]) {
      before.classList.remove("at", "pinned");
      before.removeAttribute("aria-pressed");
    }
    list.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    bars[Math.max(0, at)]?.setAttribute("tabindex", "0");
    if (at >= 0) {
      bars[at].classList.add("at");
      bars[at].classList.toggle("pinned", pinned);
      if (rows[at].sentence === undefined) bars[at].setAttribute("aria-pressed", String(pinned));
    }
    strip?.point(zoomed === null ? null : sentences[zoomed]);
    if (unit === null) return void (reading.textContent = t("attribution.hint.word"));
    const { scores } = store.document.attribution;
    const name = t("attribution.quoted", { word: unitName(store.document, unit, t) });
    reading.textContent = t("attribution.at", { name, score: signed(scores[unit]), rank: ranks[unit], count: scores.length });
  }

  return { element, draw, point, numbers: () => scoreTable(context) };
}

/** Return all words of a long text as one strip of colours. @param {import("../explorer.js").Context} context */
function overview(context) {
  const { store, t } = context;
  const count = store.document.input.units.length;
  const colours = () => {
    const { scores } = store.document.attribution;
    const strongest = top(scores) || 1;
    const dark = isDark();
    const ground = dark ? PAPER.dark : PAPER.light;
    return (_, unit) => {
      const share = scores[unit] / strongest;
      const colour = evidence(share, dark);
      return ground.map((value, channel) => value + (colour[channel] - value) * Math.abs(share) ** 0.6);
    };
  };
  const map = new Heatmap({
    rows: 1,
    columns: count,
    height: 30,
    label: t("attribution.strip", { count, target: store.target }),
    colour: colours(),
    point: (_, unit) => store.point(unit),
    leave: () => store.point(null),
    pick: (_, unit) => store.pin(unit),
    keydown: (event) => moveCursor(event, store, { count }),
  });
  map.element.classList.add("score-strip");
  return {
    element: map.element,
    draw: () => map.draw({ colour: colours(), label: t("attribution.strip", { count, target: store.target }) }),
    /** @param {{start: number, end: number} | null} sentence that is shown */
    point(sentence) {
      const { unit } = store.cursor;
      const range = (start, end) => /** @type {[number, number]} */ ([start, end]);
      map.mark([
        ...(sentence ? [{ column: range(sentence.start, sentence.end), kind: "sentence" }] : []),
        ...(unit === null ? [] : [{ column: range(unit, unit + 1) }]),
      ]);
    },
  };
}
