/** Small parts that views share: tables, choices, help, exact numbers on demand. */

import { button, h, replace, uniqueId } from "./dom.js";

/**
 * Return a table.
 * @param {string} caption @param {string[]} heads @param {(string | number | Node)[][]} rows the first cell is a heading
 */
export function table(caption, heads, rows) {
  return h(
    "div",
    { class: "table-frame", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell))))),
    ),
  );
}

/**
 * Return what is there on demand, exact numbers by default; it is built when it is first opened.
 * @param {string} title @param {() => Node} build @param {string} [kind]
 */
export function onDemand(title, build, kind = "numbers") {
  const details = h("details", { class: kind }, h("summary", {}, title));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(build());
  });
  return details;
}

/**
 * Put exact numbers into an element; they stay open where those before were.
 * @param {Element} element @param {string} title @param {() => Node} build
 */
export function showNumbers(element, title, build) {
  const open = element.querySelector("details")?.open ?? false;
  const details = onDemand(title, build);
  replace(element, details);
  details.open = open;
}

/**
 * Return a labelled choice from a list.
 * @param {string} label @param {{value: string, text: string}[]} options @param {string} value
 * @param {(value: string) => void} choose is called with values that are new
 */
export function select(label, options, value, choose) {
  const id = uniqueId("choice");
  const list = h(
    "select",
    { id },
    options.map((option) => h("option", { value: option.value, selected: option.value === value }, option.text)),
  );
  list.addEventListener("change", () => choose(list.value));
  return h("div", { class: "choice" }, h("label", { for: id }, label), list);
}

/**
 * Return a switch.
 * @param {string} label @param {boolean} on @param {(on: boolean) => void} choose
 */
export function toggle(label, on, choose) {
  const box = h("input", { type: "checkbox", checked: on, onchange: () => choose(box.checked) });
  return h("label", { class: "toggle" }, box, label);
}

/**
 * Return a slider.
 * @param {string} label @param {{min: number, max: number, step: number, value: number}} range
 * @param {(value: number) => void} choose is called while it moves
 */
export function slider(label, range, choose) {
  const id = uniqueId("slider");
  const input = h("input", { type: "range", id, ...range, oninput: () => choose(Number(input.value)) });
  return h("div", { class: "choice" }, h("label", { for: id }, label), input);
}

/**
 * Return buttons of which one is pressed, see `press`.
 * @param {string} label of the group @param {{value: string, text: string}[]} options @param {string} value
 * @param {(value: string) => void} choose is called with values that are new
 */
export function segmented(label, options, value, choose) {
  const pick = ({ currentTarget: each }) => each.getAttribute("aria-pressed") !== "true" && choose(each.dataset.value);
  const buttons = options.map((option) => button(option.text, pick, { dataset: { value: option.value } }));
  const group = h("div", { class: "segmented", role: "group", "aria-label": label }, buttons);
  press(group, value);
  return group;
}

/** Press the button of a value. @param {Element} group @param {string} value */
export function press(group, value) {
  for (const each of group.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each.dataset.value === value));
}

/**
 * Return the choice of a language.
 * @param {Record<string, string>} languages names by code @param {{t: import("./i18n.js").Translate, language: string}} context
 * @param {(code: string) => void} choose
 */
export function languageSwitch(languages, { t, language }, choose) {
  const options = Object.entries(languages).map(([value, text]) => ({ value, text }));
  const group = segmented(t("language"), options, language, choose);
  for (const each of group.children) each.lang = each.dataset.value;
  return group;
}

/** Return a colour scale with its ends. @param {string} low @param {string} high @param {(share: number) => string} colour 0-1 */
export function scale(low, high, colour) {
  const stops = Array.from({ length: 11 }, (_, i) => colour(i / 10)).join(", ");
  return h("div", { class: "scale" }, h("span", {}, low), h("i", { "aria-hidden": "true", style: { background: `linear-gradient(to right, ${stops})` } }), h("span", {}, high));
}

/** Return a frame of what is drawn that the keyboard can enter. @param {string} label @param {(event: KeyboardEvent) => void} onkeydown */
export function graphic(label, onkeydown, ...children) {
  return h("div", { class: "graphic", tabindex: "0", role: "group", "aria-label": label, onkeydown }, children);
}

/** Return whether a key was pressed together with another one: then it is the browser's. @param {KeyboardEvent} event */
export const modified = (event) => event.altKey || event.ctrlKey || event.metaKey;

/**
 * Move the cursor by the arrow keys, Home and End; Enter and Space pin it, Escape releases it.
 * @param {KeyboardEvent} event @param {import("./store.js").Store} store
 * @param {object} layout
 * @param {number} layout.count number of places, and of columns where they lie on a grid
 * @param {number} [layout.columns]
 * @param {number | null} [layout.at] the place to start from, such as that of the focus; by default that of the cursor
 * @param {(place: number) => number} [layout.unitOf] the unit of a place, where they stand in another order
 * @returns {boolean} whether the key was one of these
 */
export function moveCursor(event, store, { count, columns = 1, at = store.cursor.unit, unitOf = (place) => place }) {
  const from = at ?? 0;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  const to = event.key === "Home" ? 0 : event.key === "End" ? count - 1 : from + (steps[event.key] ?? 0);
  if (modified(event)) return false;
  if (event.key in steps || event.key === "Home" || event.key === "End") {
    if (to >= 0 && to < count) store.move(unitOf(at === null && event.key in steps ? from : to));
  } else if (event.key === "Enter" || event.key === " ") store.pin(unitOf(from));
  else if (event.key === "Escape" && store.cursor.unit !== null) {
    store.pin(null);
    store.point(null);
  } else return false;
  event.preventDefault();
  return true;
}
