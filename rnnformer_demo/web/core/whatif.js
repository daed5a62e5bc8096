/** What-if questions on a document: the edit that is shown in the input, undo, redo, and sentences. Views share it. */

import { once } from "./arrays.js";
import { unitName } from "./units.js";

/**
 * @typedef {Record<string, any>} Edit see ../../document/sections/edits.py; each is an edit of the input as it was analysed
 * @typedef {object} WhatIf
 * @property {Edit | null} shown in the input; null shows the input as it is
 * @property {Edit[]} undone the last one comes back first
 * @property {boolean} busy an answer is awaited
 * @property {boolean} failed the last question had no answer
 * @property {WeakMap<Edit, any>} attributions that forecast, by edit
 */

const states = once(() => ({ shown: null, undone: [], busy: false, failed: false, attributions: new WeakMap() }));

/** Return the state of the questions on a document's input. @param {any} document @returns {WhatIf} */
export const whatIf = ({ input }) => states(input);

/**
 * Ask one question, and show its edit.
 * @param {import("../explorer.js").Context} context @param {Record<string, any>} step see ../../api/steps.py
 * @returns {Promise<boolean>} whether there is an answer
 */
export async function ask(context, step) {
  const { store, actions } = context;
  if (!store.document || !actions) return false;
  const { input, attribution } = store.document;
  const state = whatIf(store.document);
  Object.assign(state, { busy: true, failed: false, asked: step });
  store.notify("edits");
  const done = await actions.extend(step);
  if (store.document?.input !== input || state.asked !== step) return false;
  Object.assign(state, { busy: false, failed: !done });
  if (done) {
    const edit = store.document.edits.at(-1);
    state.attributions.set(edit, attribution);
    Object.assign(state, { shown: edit, undone: [] });
    context.announce(sentenceOf(edit, context));
  }
  store.notify("edits");
  return done;
}

/**
 * Take more units away; those that are gone in the same way stay away.
 * @param {import("../explorer.js").Context} context @param {number[]} units @param {string} perturbation
 */
export function takeAway(context, units, perturbation) {
  const { shown } = whatIf(context.store.document);
  const gone = shown && shown.kind !== "replacement" && shown.operation === perturbation ? shown.units : [];
  return ask(context, { edit: "ablation", units: [...new Set([...gone, ...units])].sort((a, b) => a - b), perturbation });
}

/** Put units back. @param {import("../explorer.js").Context} context @param {number[]} units */
export function putBack(context, units) {
  const { store } = context;
  const { shown } = whatIf(store.document);
  if (!shown) return Promise.resolve(true);
  const left = shown.units.filter((unit) => !units.includes(unit));
  if (left.length && shown.kind !== "replacement") return ask(context, { edit: "ablation", units: left, perturbation: shown.operation });
  if (shown === store.document?.edits?.at(-1)) undo(store);
  show(store, null);
  return Promise.resolve(true);
}

/** Show an edit of the document in the input, or none. @param {import("./store.js").Store} store @param {Edit | null} edit */
export function show(store, edit) {
  whatIf(store.document).shown = edit;
  store.notify("edits");
}

/** Take the last edit back; the one before is shown. @param {import("./store.js").Store} store */
export function undo(store) {
  const edits = store.document?.edits ?? [];
  if (!edits.length) return;
  const state = whatIf(store.document);
  state.undone.push(edits.at(-1));
  state.shown = edits.at(-2) ?? null;
  store.setEdits(edits.slice(0, -1));
}

/** Make the edit that was undone last once more. @param {import("./store.js").Store} store */
export function redo(store) {
  const state = whatIf(store.document);
  const edit = state.undone.pop();
  if (!edit) return;
  state.shown = edit;
  store.setEdits([...(store.document?.edits ?? []), edit]);
}

/** Return what stands in the place of a unit; "" for nothing. @param {Edit} edit */
export function placeholder(edit) {
  return edit.kind === "replacement" ? edit.operation : edit.operation === "unknown" ? "[UNK]" : "";
}

/** Return the units of an edit as they are read: a search names them in the order in which it found them. @param {Edit} edit */
export function inOrder(edit) {
  return [...edit.units].sort((a, b) => a - b);
}

/**
 * Return the text of an edit that can be typed; null where it holds a mask, of a photo, and where nothing is changed.
 * @param {any} document @param {Edit | null} edit
 */
export function editedText(document, edit) {
  const { text, units } = document.input;
  if (typeof text !== "string" || !edit?.units.length) return null;
  if (edit.kind !== "replacement" && edit.operation !== "deletion") return null;
  const letters = Array.from(text); // spans count code points
  let written = "";
  let end = 0;
  for (const { span } of inOrder(edit).map((unit) => units[unit])) {
    written += letters.slice(end, span[0]).join("") + placeholder(edit);
    end = span[1];
    // A word that goes takes one of the spaces around it along.
    if (edit.kind !== "replacement" && /(^|\s)$/.test(written) && /\s/.test(letters[end] ?? "")) end += 1;
  }
  return (written + letters.slice(end).join("")).trim();
}

/** Make the shown text the input, and analyse it. @param {import("../explorer.js").Context} context */
export function keepText({ store, actions }) {
  const text = editedText(store.document, whatIf(store.document).shown);
  if (text !== null) actions?.analyseText(text);
}

/** Return the units of an edit by name: “a”, “b” and more. @param {any} document @param {number[]} units @param {any} t */
export function namesOf(document, units, t) {
  const names = units.slice(0, 6).map((unit) => t("edits.quoted", { name: unitName(document, unit, t) }));
  return names.join(t("edits.comma")) + (units.length > names.length ? t("edits.more", { count: units.length - names.length }) : "");
}

/** Return what an edit changed, without its effect. @param {any} document @param {Edit} edit @param {any} t */
export function changeOf(document, edit, t) {
  const units = namesOf(document, inOrder(edit), t);
  if (edit.kind === "replacement") return t("edits.replaced", { units, word: edit.operation });
  return t("edits.without", { units, how: t(`perturbation.${edit.operation}`) });
}

/**
 * Return an edit in a sentence.
 * @param {Edit} edit @param {Pick<import("../explorer.js").Context, "store" | "t" | "format">} context
 */
export function sentenceOf(edit, { store, t, format }) {
  const { document } = store;
  const { before, after, target } = edit;
  if (edit.kind === "counterfactual") {
    const count = format.count(edit.evaluations);
    if (after === null) return t("edits.noCounterfactual", { how: t(`perturbation.${edit.operation}`), before, count });
    const minimal = t(edit.exact ? "edits.minimal" : "edits.perhapsMinimal");
    return t("edits.counterfactual", { change: changeOf(document, edit, t), before, after, minimal, count });
  }
  const [was, is] = [
    format.percent(document?.prediction.probabilities[before] ?? 0),
    format.percent(edit.probabilities[after] ?? 0),
  ];
  const end =
    before === after
      ? t(was === is ? "edits.same" : "edits.stays", { label: before, before: was, after: is })
      : t("edits.becomes", { before: `${before} ${was}`, after: `${after} ${is}` });
  const [forecast, measured] = [format.signed(edit.forecast), format.signed(edit.measured)];
  return t("edits.effect", { change: changeOf(document, edit, t), target, forecast, measured, end });
}
