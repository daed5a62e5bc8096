/** Elements without HTML strings: whatever a visitor typed becomes a text node, and never markup. */

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `on…` functions are listeners, `dataset` and `style` are objects, true is an
 *   attribute without a value, null, undefined and false are left out.
 * @param {...Child} children strings become text nodes
 * @returns {any} the element
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element; see `h`.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any} the element
 */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Replace all children of an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function replace(element, ...children) {
  element.replaceChildren(...flat(children));
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, String(text));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * Make a button. One that is not `able` keeps its focus, and does nothing.
 * @param {Child} text @param {(event: any) => void} work @param {Record<string, any>} [attributes]
 */
export function button(text, work, attributes = {}) {
  const onclick = (event) => event.currentTarget.getAttribute("aria-disabled") !== "true" && work(event);
  return h("button", { type: "button", ...attributes, onclick }, text);
}

/** Say whether a button does anything. @param {Element | null} element @param {unknown} is */
export function able(element, is) {
  element?.setAttribute("aria-disabled", String(!is));
}

/** Let the browser save a file. @param {string} name @param {string} mime @param {...BlobPart} content */
export function save(name, mime, ...content) {
  const link = h("a", { href: URL.createObjectURL(new Blob(content, { type: mime })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

let last = 0;

/** Return an id that no other element has. @param {string} prefix */
export function uniqueId(prefix) {
  return `${prefix}-${(last += 1)}`;
}
