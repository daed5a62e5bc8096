/** What if: the edited input, what the attribution forecast of it, and what came; undo, redo, minimal counterfactual. */

import { top } from "../core/arrays.js";
import { Brush } from "../core/brush.js";
import { able, button, h, replace } from "../core/dom.js";
import { onDemand, select, slider, table } from "../core/parts.js";
import { squareOf } from "../core/photo.js";
import { ask, changeOf, editedText, inOrder, keepText, namesOf, placeholder, redo, sentenceOf } from "../core/whatif.js";
import { show, takeAway, undo, whatIf } from "../core/whatif.js";

export const wide = true;
export const live = ["input", "prediction", "attribution"];
const MOST_CLASSES = 6;

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, actions } = context;
  const words = store.document.input.layout === "sequence";
  const perturbations = store.document.model.perturbations ?? [];
  const edited = words ? editedWords(context) : editedPhoto(context);
  const effect = h("div", { class: "edit-effect" });
  const list = h("div", { class: "edit-list" });
  const tools = actions ? controls() : null;
  const element = h("div", { class: "edits" }, tools?.element, h("div", { class: "edit-stage" }, edited.element, effect), list);

  function controls() {
    let perturbation = perturbations[0] ?? "";
    const find = button(t("edits.find"), () => ask(context, { edit: "counterfactual", ...(perturbation ? { perturbation } : {}) }));
    const back = button(t("edits.undo"), () => undo(store));
    const again = button(t("edits.redo"), () => redo(store));
    const original = button(t("edits.original"), () => show(store, null));
    const keep = words ? button(t("edits.keep"), () => keepText(context)) : null;
    const options = perturbations.map((value) => ({ value, text: t(`perturbation.${value}`) }));
    const choice = options.length > 1 ? select(t("edits.how"), options, perturbation, (value) => (perturbation = value)) : null;
    return {
      element: h("div", { class: "edit-tools" }, choice, find, h("span", { class: "edit-history" }, back, again, original, keep)),
      update() {
        const { document } = store;
        const { shown, undone, busy } = whatIf(document);
        able(find, !busy);
        able(back, !busy && document?.edits?.length);
        able(again, !busy && undone.length);
        able(original, shown);
        able(keep, shown && editedText(document, shown) !== null);
      },
    };
  }

  function draw() {
    const { document } = store;
    const { shown, busy, failed } = whatIf(document);
    tools?.update();
    edited.draw(shown);
    element.classList.toggle("waiting", busy);
    effect.setAttribute("aria-busy", String(busy));
    if (busy) return; // what stands there stays until the answer: the page does not jump
    if (shown) replace(effect, ...effectOf(shown, context));
    else replace(effect, h("p", { class: "caption" }, failed ? t("edits.failed") : hint()));
    const made = [...(document?.edits ?? [])].reverse();
    const entries = made.map((edit) => h("li", {}, entry(edit, edit === shown)));
    replace(list, made.length ? [h("h3", {}, t("edits.list")), h("ol", { reversed: true }, entries)] : null);
  }

  const hint = () => t(!actions ? "edits.hint.report" : words ? "edits.hint.words" : "edits.hint.photo");

  function entry(edit, on) {
    const choose = () => show(store, on ? null : edit);
    return button(sentenceOf(edit, context), choose, { class: "quiet", "aria-pressed": String(on) });
  }

  draw();
  return {
    element,
    update(changed) {
      if (["edits", "attribution", "theme"].some((name) => changed.has(name))) {
        const place = [...list.querySelectorAll("button")].indexOf(/** @type {any} */ (document.activeElement));
        draw();
        if (place >= 0) list.querySelectorAll("button")[place]?.focus();
      }
      if (changed.has("cursor")) edited.point?.();
    },
  };
}

/** Return the text with what went struck through, and what came. */
function editedWords({ store, t }) {
  const element = h("p", { class: "edited-text", dir: "auto", tabindex: "0", role: "group", "aria-label": t("edits.text") });
  const letters = Array.from(store.document.input.text); // spans count code points
  return {
    element,
    draw(edit) {
      const parts = [];
      let end = 0;
      for (const unit of edit ? inOrder(edit) : []) {
        const [from, to] = store.document.input.units[unit].span;
        parts.push(letters.slice(end, from).join(""), h("del", {}, letters.slice(from, to).join("")));
        if (placeholder(edit)) parts.push(" ", h("ins", { class: "put" }, placeholder(edit)));
        end = to;
      }
      replace(element, ...parts, letters.slice(end).join(""));
      element.scrollTop = Math.max(0, (element.querySelector("del")?.offsetTop ?? 0) - 24);
    },
  };
}

/** Return the photo with the cells that went, under a brush. */
function editedPhoto(context) {
  const { store, t, actions } = context;
  const { input, model } = store.document;
  const [rows, columns] = input.grid;
  const canvas = h("canvas", { class: "edited-photo", role: "img", "aria-label": t("edits.photo") });
  let shown = null;
  const draw = (edit) => {
    shown = edit;
    canvas.setAttribute("aria-label", edit ? `${t("edits.photo")} ${changeOf(store.document, edit, t)}` : t("edits.photo"));
    squareOf(context).then((square) => paintPhoto(canvas, square, shown, rows, columns));
  };
  const frame = h("div", { class: "photo-frame", style: { "aspect-ratio": `${columns} / ${rows}` } }, canvas);
  if (!actions) return { element: frame, draw };
  const chosen = h("p", { class: "caption brush-chosen" });
  const brush = new Brush({ rows, columns, size: 1, label: t("edits.brush"), store, change: (units) => changed(units) });
  const questionOf = (name) => button(t(`whatif.${name}`), () => asked(name));
  const away = (model.perturbations ?? []).map(questionOf);
  const clear = button(t("edits.clear"), () => brush.clear(), { class: "quiet" });
  function asked(name) {
    const units = brush.units;
    brush.clear(); // the next question begins with no stroke of this one
    ask(context, { edit: "ablation", units, perturbation: name });
  }
  function changed(units) {
    if (units.length && whatIf(store.document).shown) show(store, null);
    say(units);
    if (!brush.last && units.length) context.announce(chosen.textContent ?? ""); // not while a stroke is drawn
  }
  function say(units) {
    const values = { count: units.length, cells: namesOf(store.document, units, t) };
    chosen.textContent = t(units.length ? "edits.chosen" : "edits.brushHint", values);
    for (const each of [...away, clear]) able(each, units.length);
  }
  say([]);
  frame.append(brush.element);
  const size = slider(t("edits.size"), { min: 0.4, max: 3, step: 0.1, value: 1 }, (value) => (brush.options.size = value));
  const element = h("div", { class: "brush-part" }, frame, size, h("div", { class: "brush-tools" }, away, clear), chosen);
  return { element, draw, point: () => brush.point() };
}

/** Draw a photo, some cells blurred or in its mean colour, much as the model gets them. */
function paintPhoto(canvas, image, edit, rows, columns) {
  const { width, height } = image;
  canvas.width = width;
  canvas.height = height;
  const ink = canvas.getContext("2d");
  ink.drawImage(image, 0, 0);
  if (!edit?.units.length) return;
  const mean = edit.operation === "mean" ? meanColour(ink.getImageData(0, 0, width, height).data) : "";
  ink.beginPath();
  for (const unit of edit.units) {
    const [row, column] = [Math.floor(unit / columns), unit % columns];
    ink.rect((column * width) / columns, (row * height) / rows, width / columns, height / rows);
  }
  if (mean) {
    ink.fillStyle = mean;
    ink.fill();
    return;
  }
  ink.clip();
  ink.filter = `blur(${width / 14}px)`; // the same Gaussian as `blur_pixels` in ../../models/perturbation.py
  ink.drawImage(image, 0, 0);
}

function meanColour(data) {
  const sums = [0, 0, 0];
  for (let place = 0; place < data.length; place += 4) for (const channel of [0, 1, 2]) sums[channel] += data[place + channel];
  return `rgb(${sums.map((sum) => Math.round((4 * sum) / data.length)).join(" ")})`;
}

/** Return what an edit did: forecast beside outcome, the classes before and after. */
function effectOf(edit, context) {
  const { store, t, format, actions } = context;
  const sentence = h("p", { class: "edit-sentence" }, sentenceOf(edit, context));
  if (edit.kind === "counterfactual") {
    const measure = () => takeAway(context, edit.units, edit.operation);
    return [sentence, edit.units.length && actions ? button(t("edits.measure"), measure) : null];
  }
  const { attribution, prediction } = store.document;
  const by = whatIf(store.document).attributions.get(edit) ?? attribution;
  const largest = top([edit.forecast, edit.measured]) || 1;
  const line = (name, kind, bars, numbers) =>
    h("li", {}, h("span", {}, name), h("span", { class: `bar ${kind}`, "aria-hidden": "true" }, bars), h("b", {}, numbers));
  const bar = (share, kind, side = "left", from = 0) => h("i", { class: kind, style: { width: `${100 * share}%`, [side]: `${from}%` } });
  const change = (name, value, kind) =>
    line(name, "both", bar(Math.abs(value) / largest / 2, kind, value < 0 ? "right" : "left", 50), format.signed(value));
  const labels = classesOf(edit, prediction);
  const sharesOf = (label) => [prediction.probabilities[label] ?? 0, edit.probabilities[label] ?? 0];
  const both = (label) => {
    const [from, to] = sharesOf(label);
    const numbers = t("edits.fromTo", { from: format.percent(from), to: format.percent(to) });
    return line(label, "two", [bar(from, "open"), bar(to, "full")], numbers);
  };
  const heads = [t("edits.class"), t("edits.before"), t("edits.after")];
  const rows = () => classesOf(edit, prediction, Infinity).map((label) => [label, ...sharesOf(label).map(format.percent)]);
  return [
    sentence,
    h("h3", {}, t("edits.logit", { target: edit.target })),
    h("ul", { class: "bars" }, change(t("edits.forecast"), edit.forecast, "open"), change(t("edits.measured"), edit.measured, "full")),
    by && h("p", { class: "caption" }, notes(edit, by, store.document, t)),
    h("h3", {}, t("edits.probabilities")),
    h("ul", { class: "bars" }, labels.map(both)),
    onDemand(t("numbers"), () => table(t("edits.probabilities"), heads, rows())),
  ];
}

/** Return what one must know of the forecast. */
function notes(edit, by, document, t) {
  const method = t(`method.${by.method}`);
  const promise = t(by.completeness_gap === null || by.completeness_gap === undefined ? "edits.noPromise" : "edits.promise", { method });
  const replaced = edit.kind === "replacement" ? ` ${t("edits.goesOnly")}` : "";
  const old = by !== document.attribution ? ` ${t("edits.old")}` : "";
  return promise + replaced + old;
}

/** Return the classes that matter most before and after, the target among them. */
function classesOf(edit, prediction, count = MOST_CLASSES) {
  const most = (label) => Math.max(prediction.probabilities[label] ?? 0, edit.probabilities[label] ?? 0);
  const ranked = Object.keys(edit.probabilities).sort((a, b) => most(b) - most(a));
  return [...new Set([edit.target, edit.before, edit.after, ...ranked])].filter((label) => label in edit.probabilities).slice(0, count);
}
