/** A menu that opens below its button; it closes by Escape, by a choice, and as soon as one turns elsewhere. */

import { button, h } from "./dom.js";

/**
 * Return a menu of buttons.
 * @param {string} text of the button that opens it
 * @param {string} label of that button for a screen reader
 * @param {{text: string, choose: () => void}[]} items
 */
export function menu(text, label, items) {
  const opener = h("summary", { "aria-label": label }, text);
  const choose = (item) => {
    close();
    item.choose();
  };
  const element = h("details", { class: "menu" }, opener, h("ul", {}, items.map((item) => h("li", {}, button(item.text, () => choose(item))))));
  const close = () => {
    if (element.contains(document.activeElement)) opener.focus();
    element.open = false;
  };
  const outside = (event) => {
    if (!element.contains(event.target)) element.open = false;
  };
  element.addEventListener("toggle", () => document[element.open ? "addEventListener" : "removeEventListener"]("pointerdown", outside));
  element.addEventListener("focusout", (event) => event.relatedTarget && outside({ target: event.relatedTarget }));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  return element;
}
