/** The address of the page: which page, model, input, method, class and view, after the #. */

/** @typedef {Record<string, string>} Place page, model, text, example, method, target, view */

/** Pages by the layout of their inputs. */
export const PAGE_OF = { sequence: "text", grid: "photo" };
const KEYS = ["model", "text", "example", "method", "target", "view"];

/** Return what the address says. @param {string} [hash] @returns {Place} */
export function read(hash = location.hash) {
  const [page, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const values = new URLSearchParams(query);
  const found = Object.fromEntries(KEYS.filter((key) => values.has(key)).map((key) => [key, values.get(key) ?? ""]));
  return { page: page || "text", ...found };
}

/** Return the address of a place, for a link. @param {Place} place */
export function href({ page, ...rest }) {
  const values = new URLSearchParams(KEYS.filter((key) => rest[key]).map((key) => [key, rest[key]]));
  return `#/${page}${values.size ? "?" : ""}${values}`;
}

/** Put a place into the address line, without loading anything. @param {Place} place */
export function write(place) {
  history.replaceState(history.state, "", href(place));
}
