/** The toolbar of the words: mask, delete or type over the chosen ones, and see at once what it does. */

import { button, h } from "./dom.js";
import { ask, editedText, keepText, namesOf, placeholder, putBack, sentenceOf, takeAway, undo, whatIf } from "./whatif.js";

/**
 * Draw the shown edit into the words: those that are gone are struck through, what took their place follows.
 * @param {HTMLElement[]} words @param {import("./whatif.js").Edit | null} edit @param {import("./i18n.js").Translate} t
 */
export function drawEdit(words, edit, t) {
  for (const word of words) {
    if (word.nextSibling instanceof HTMLElement && word.nextSibling.matches("ins.put")) word.nextSibling.remove();
    const gone = word.classList.toggle("gone", !!edit?.units.includes(Number(word.dataset.unit)));
    if (gone) word.setAttribute("aria-description", t("whatif.gone"));
    else word.removeAttribute("aria-description");
  }
  const put = edit ? placeholder(edit) : "";
  if (put) for (const unit of edit?.units ?? []) words[unit].after(h("ins", { class: "put" }, put));
}

/**
 * @typedef {object} WordTools
 * @property {HTMLElement} element
 * @property {(event: MouseEvent, unit: number) => boolean} click whether it chose several words
 * @property {(event: KeyboardEvent) => boolean} key whether it chose several words
 * @property {(changed: Set<string>) => void} update
 */

/** @param {import("../explorer.js").Context} context @param {HTMLElement[]} words @returns {WordTools} */
export function wordTools(context, words) {
  const { store, t } = context;
  let chosen = /** @type {number[]} */ ([]);
  let written = ""; // the words that both rows are about
  let anchor = /** @type {number | null} */ (null);
  let field = /** @type {HTMLInputElement | null} */ (null);
  const about = h("span", { class: "word-tools-about" });
  const act = (work) => () => {
    const at = store.cursor.unit;
    const units = chosen;
    if (at !== null) words[at].focus();
    work(units);
  };
  const ways = /** @type {string[]} */ (store.document.model.perturbations ?? []);
  const away = ways.map((name) => button(t(`whatif.${name}`), act((units) => takeAway(context, units, name))));
  const typing = button(t("whatif.type"), () => typeOver(chosen[0]));
  const back = button(t("whatif.back"), act((units) => putBack(context, units)));
  const put = button(t("whatif.put"), () => typed(), { hidden: true });
  const cancel = button(t("whatif.cancel"), () => stopTyping(), { class: "quiet", hidden: true });
  const effect = h("span", {});
  const takeBack = button(t("edits.undo"), () => undone(), { class: "quiet" });
  const keep = button(t("edits.keep"), () => keepText(context), { class: "quiet" });
  const buttons = h("div", { class: "word-tools-buttons" }, about, away, typing, back, put, cancel);
  const below = h("p", { class: "word-tools-effect" }, effect, takeBack, keep);
  const element = h("div", { class: "word-tools", role: "group", "aria-label": t("whatif.label") }, buttons, below);

  function undone() {
    undo(store);
    words[store.cursor.unit ?? 0].focus();
  }

  /** Choose all words between two. @param {number} from @param {number} to */
  function range(from, to) {
    anchor = from;
    chosen = Array.from({ length: Math.abs(to - from) + 1 }, (_, step) => Math.min(from, to) + step);
    cursorTo(to);
  }

  function cursorTo(unit) {
    if (store.cursor.pinned) store.move(unit);
    else store.pin(unit);
  }

  function click(event, unit) {
    const from = anchor ?? store.cursor.unit;
    if (!store.cursor.pinned || from === null || field) return false;
    if (event.shiftKey) range(from, unit);
    else if (event.ctrlKey || event.metaKey) {
      const rest = chosen.filter((each) => each !== unit);
      chosen = rest.length < chosen.length && rest.length ? rest : [...rest, unit].sort((a, b) => a - b);
      cursorTo(chosen.includes(unit) ? unit : chosen[0]);
    } else return false;
    return true;
  }

  function key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!event.shiftKey || !step || event.target === field) return false;
    const at = store.cursor.unit ?? Number(event.target.dataset.unit);
    range(store.cursor.pinned ? anchor ?? at : at, Math.min(words.length - 1, Math.max(0, at + step)));
    event.preventDefault();
    return true;
  }

  /** Let the visitor type in the place of a word. @param {number} unit */
  function typeOver(unit) {
    if (unit === undefined) return;
    const word = words[unit];
    const name = word.textContent ?? "";
    const label = t("whatif.field", { word: name });
    field = h("input", { type: "text", class: "type-over", value: name, maxlength: 80, "aria-label": label, autocomplete: "off" });
    const fit = () => field && (field.size = Math.max(4, Array.from(field.value).length + 1));
    fit();
    field?.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the arrow keys move in the field, and not from word to word
      if (event.isComposing) return;
      if (event.key === "Enter") typed();
      else if (event.key === "Escape") stopTyping();
    });
    field?.addEventListener("input", fit);
    word.hidden = true;
    word.before(/** @type {HTMLInputElement} */ (field));
    field?.select();
    row();
  }

  function typed() {
    const word = field?.value.trim();
    const [unit] = chosen;
    stopTyping();
    if (word && word !== words[unit].textContent) ask(context, { edit: "replacement", units: [unit], word });
  }

  function stopTyping() {
    if (!field) return;
    const word = /** @type {HTMLElement} */ (field.nextElementSibling);
    field.remove();
    field = null;
    word.hidden = false;
    word.focus();
    row();
  }

  /** Write both rows. */
  function row() {
    const { document } = store;
    const { shown, busy, failed } = whatIf(document);
    written = chosen.join();
    for (const each of [...away, typing, back]) each.hidden = !!field || !chosen.length;
    put.hidden = cancel.hidden = !field;
    typing.hidden ||= chosen.length !== 1;
    const gone = (name) => shown?.kind !== "replacement" && shown?.operation === name && chosen.every((unit) => shown.units.includes(unit));
    away.forEach((each, way) => (each.hidden ||= gone(ways[way])));
    back.hidden ||= !shown?.units.some((unit) => chosen.includes(unit));
    about.textContent = field ? "" : chosen.length ? namesOf(document, chosen, t) : t("whatif.hint");
    about.classList.toggle("hint", !chosen.length);
    effect.textContent = busy ? t("edits.busy") : failed ? t("edits.failed") : shown ? sentenceOf(shown, context) : "";
    takeBack.hidden = busy || !shown || shown !== document?.edits?.at(-1);
    keep.hidden = busy || !shown || editedText(document, shown) === null;
    words.forEach((word, unit) => word.classList.toggle("chosen", chosen.length > 1 && chosen.includes(unit)));
  }

  function update(changed) {
    const { cursor, document } = store;
    if (changed.has("cursor")) {
      const inside = cursor.pinned && cursor.unit !== null && chosen.includes(cursor.unit) && chosen.length > 1;
      if (!inside) {
        chosen = cursor.pinned && cursor.unit !== null ? [cursor.unit] : [];
        anchor = chosen[0] ?? null;
        if (field && words[chosen[0]] !== field.nextElementSibling) stopTyping();
      }
      if (chosen.join() !== written) row();
    }
    if (changed.has("edits")) {
      drawEdit(words, whatIf(document).shown, t);
      row();
    }
  }

  update(new Set(["cursor", "edits"]));
  return { element, click, key, update };
}
