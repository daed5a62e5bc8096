/** A search for a class by typing: the most probable ones first, by mouse or by arrow keys. */

import { h, replace, uniqueId } from "./dom.js";

const SHOWN = 8;

/** Return all classes, the most probable first. @param {Record<string, number>} probabilities by class */
export const byProbability = (probabilities) => Object.keys(probabilities).sort((a, b) => probabilities[b] - probabilities[a]);

/**
 * Return the classes that a query finds, the most probable first; those that begin with it come before others.
 * @param {Record<string, number>} probabilities by class @param {string} query @param {number} [count]
 * @returns {string[]}
 */
export function classesFor(probabilities, query, count = SHOWN) {
  const wanted = query.trim().toLowerCase();
  const rank = (name) => (name.toLowerCase().split(/\s+/).some((word) => word.startsWith(wanted)) ? 0 : 1);
  return byProbability(probabilities)
    .filter((name) => name.toLowerCase().includes(wanted))
    .sort((a, b) => (wanted ? rank(a) - rank(b) : 0))
    .slice(0, count);
}

/**
 * Return an input with a list of classes below it (the combobox pattern of ARIA).
 * @param {object} options
 * @param {string} options.label written above the input
 * @param {Record<string, number>} options.probabilities by class, 0-1
 * @param {import("./i18n.js").Translate} options.t
 * @param {{percent: (share: number) => string}} options.format
 * @param {string} [options.value] the class that stands in the input
 * @param {(name: string) => void} options.choose
 */
export function classSearch({ label, probabilities, t, format, value = "", choose }) {
  const id = uniqueId("classes");
  let found = /** @type {string[]} */ ([]);
  let at = -1;
  const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
  const input = h("input", {
    type: "search", id, role: "combobox", autocomplete: "off", spellcheck: "false", value, placeholder: t("classes.placeholder"),
    "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list",
    oninput: () => open(input.value), onclick: () => list.hidden && open(""), onkeydown: key, onblur: close,
  });

  function open(query) {
    found = classesFor(probabilities, query);
    at = found.length && query ? 0 : -1;
    const option = (name, place) => {
      const onpointerdown = (event) => {
        event.preventDefault(); // the focus stays in the input
        take(name);
      };
      const share = h("span", {}, format.percent(probabilities[name]));
      return h("li", { id: `${id}-${place}`, role: "option", onpointerdown }, h("span", {}, name), share);
    };
    replace(list, found.length ? found.map(option) : h("li", { role: "option", "aria-disabled": "true" }, t("classes.none")));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  }

  function mark() {
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    if (at < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `${id}-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function take(name) {
    input.value = name;
    close();
    choose(name);
  }

  function key(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) open("");
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (found.length) at = at < 0 && step < 0 ? found.length - 1 : (at + step + found.length) % found.length;
      mark();
    } else if (event.key === "Enter" && !list.hidden && at >= 0) take(found[at]);
    else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
  }

  return h("div", { class: "choice class-search" }, h("label", { for: id }, label), input, list);
}
