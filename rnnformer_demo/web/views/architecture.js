/** The architecture: the parts of this very model in the order in which the data passes them, each the way to its view. */

import { h, replace } from "../core/dom.js";
import { onDemand, table } from "../core/parts.js";

export const wide = true;

const BACKBONES = { efficientnet_lite0: "EfficientNet-Lite0" };
const CELLS = { lstm: "LSTM", gru: "GRU" };
const PREDICTION = { view: "prediction" };

/**
 * @typedef {object} Step a part of the model
 * @property {string} title
 * @property {string} detail sizes of the part, "" for none
 * @property {string} help one sentence
 * @property {string} shape of what leaves it, "12 × 128"; "" for the last one
 * @property {number} [weights]
 * @property {Place} [place] the view that shows it
 * @property {(Place & {title: string})[]} [cells] that stand side by side in it
 * @property {boolean} [residual] whether its input is added to its output
 *
 * @typedef {{view: string, choice?: Record<string, string>}} Place a view, and choices of it
 */

/** @param {any} document */
export const fits = (document) => Boolean(document.model.architecture);

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, format } = context;
  const { model } = store.document;
  const parts = stepsOf(store.document, t, format);
  const named = t("arch.label", { name: model.name });
  const reading = h("p", { class: "reading arch-reading" }, t("arch.hint"));
  const explained = (step) => {
    const explain = () => replace(reading, h("strong", {}, step.title), `: ${step.help}`);
    return { onpointerenter: explain, onfocusin: explain };
  };

  const open = ({ view, choice }) => {
    if (choice) store.choose(view, choice);
    context.show(view);
  };
  const shown = (place) => Boolean(place) && context.views.some(({ name }) => name === place.view);
  const label = (title, detail) => [h("span", { class: "arch-title" }, title), detail ? h("span", { class: "arch-detail" }, detail) : null];
  const button = (title, place, detail) => {
    const opens = t("arch.opens", { view: t(`view.${place.view}.title`) });
    return h("button", { type: "button", class: "arch-open", title: opens, onclick: () => open(place) }, label(title, detail));
  };
  const plus = () => {
    const meaning = t("arch.residual");
    const sign = h("span", { "aria-hidden": "true" }, "+");
    return h("span", { class: "arch-plus", title: meaning }, sign, h("span", { class: "unseen" }, meaning));
  };
  const box = (step) => {
    const weights = step.weights ? t("arch.weights", { count: format.count(step.weights) }) : "";
    const detail = [step.detail, weights].filter(Boolean).join(", ");
    const inside = shown(step.place) ? button(step.title, step.place, detail) : label(step.title, detail);
    const cells = step.cells?.map((cell) => (shown(cell) ? button(cell.title, cell) : h("span", {}, cell.title)));
    return h(
      "li",
      { class: `arch-step${step.weights ? "" : " bare"}${step.residual ? " residual" : ""}`, ...explained(step) },
      h("div", { class: "arch-box" }, inside, cells ? h("div", { class: "arch-cells" }, cells) : null),
      step.residual ? plus() : null,
      step.shape ? h("span", { class: "arch-shape" }, step.shape) : null,
    );
  };
  const rows = () =>
    parts.map(({ title, detail, help, shape, weights, cells = [] }) => [
      title,
      [...cells.map((cell) => cell.title), detail].filter(Boolean).join(", "),
      help,
      shape,
      weights ? format.count(weights) : "",
    ]);
  const heads = ["part", "size", "does", "shape", "weightsHead"].map((key) => t(`arch.${key}`));
  return {
    element: h(
      "div",
      {},
      h("p", { class: "caption" }, t("arch.caption", { name: model.name, count: format.count(model.parameters) })),
      h("ol", { class: "arch", "aria-label": named }, parts.map(box)),
      reading,
      onDemand(t("numbers"), () => table(named, heads, rows())),
    ),
    update() {},
  };
}

/**
 * Return the parts of the document's model, from the input to the classes.
 * @param {any} document @param {import("../core/i18n.js").Translate} t @param {any} format
 * @returns {Step[]}
 */
function stepsOf(document, t, format) {
  const { input, model, prediction } = document;
  const { architecture: a, labels } = model;
  const { grid } = input;
  const tokens = grid ? grid.join(" × ") : String(input.token_to_unit.length);
  const classes = format.count(labels.length);
  const part = (key, more) => ({ title: t(`arch.${key}`), detail: "", help: t(`arch.${key}.help`), ...more });
  const sized = (key, size, more) => part(key, { weights: a.parameters[size], shape: `${tokens} × ${a.width}`, ...more });
  const start = { view: grid ? "attribution" : "words" };
  const made = { shape: `${tokens} × ${a.token_width}`, place: start };
  const read = grid
    ? t("arch.cells", { rows: grid[0], columns: grid[1] })
    : t("arch.words", { words: format.count(input.units.length), tokens });
  const steps = [
    part(grid ? "photo" : "text", { detail: read, shape: tokens, place: start }),
    a.backbone
      ? sized("backbone", "tokens", { ...made, title: BACKBONES[a.backbone] ?? a.backbone, detail: t("arch.cnn") })
      : sized("embedding", "tokens", { ...made, detail: t("arch.entries", { count: format.count(a.vocabulary ?? 0) }) }),
  ];
  if (a.parameters.projection) steps.push(sized("projection", "projection", {}));
  if (a.positions) steps.push(sized("positions", "", {}));
  const numbers = { recurrent: 0, attention: 0 };
  a.blocks.forEach((kind, index) => {
    const number = (numbers[kind] += 1);
    const more =
      kind === "recurrent"
        ? { detail: t("arch.units", { units: a.units }), cells: cellsOf(a, number, t), residual: a.residual }
        : { detail: t("arch.heads", { heads: a.heads }), place: attention(`layer ${number}`), residual: true };
    steps.push(sized(kind, `block ${index + 1}`, { ...more, title: t(`arch.${kind}`, { number }) }));
  });
  const pooled = format.count(a.pooled_width);
  if (a.corrects_backbone) steps.push(sized("correction", "correction", { shape: `${tokens} × ${pooled}` }));
  const linear = a.head_layers.length ? t("arch.hidden", { widths: a.head_layers.join(", ") }) : t("arch.linear");
  steps.push(
    sized(`${a.pooling}Pooling`, "pooling", { shape: pooled, place: a.pooling === "attention" ? attention("pooling") : undefined }),
    sized("head", "head", { detail: linear, shape: classes, place: PREDICTION }),
    part("classes", { title: t("arch.classes", { count: classes }), detail: prediction.label, shape: "", place: PREDICTION }),
  );
  return steps;
}

/** @param {string} layer @returns {Place} */
const attention = (layer) => ({ view: "attention", choice: { place: layer } });

/** Return the recurrences of a block, named as in the recurrence view. */
function cellsOf(a, number, t) {
  return a.cells.map((cell, index) => ({
    title: t(`arch.along.${a.scans[index]}`, { cell: CELLS[cell] ?? cell }),
    view: "recurrence",
    choice: { recurrence: `${cell} ${a.scans[index]} ${number}` },
  }));
}
