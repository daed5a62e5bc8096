/** Terms of the field, explained where they stand: on hover, on focus and on a tap. */

import { h } from "./dom.js";

const TERMS = [
  "total variation distance", "counterfactual", "hidden state", "cell state", "calibrated", "percentile", "half-life",
  "conicity", "baseline", "query", "logit", "gate", "unit", "seed", "key",
];

/**
 * Return a text with the first place of each term made into a button that explains it.
 * @param {string} text @param {import("./i18n.js").Translate} t
 * @returns {(string | Node)[]}
 */
export function explained(text, t) {
  let parts = /** @type {(string | Node)[]} */ ([text]);
  for (const term of TERMS) {
    const word = t(`term.${term}`);
    const place = parts.findIndex((part) => typeof part === "string" && find(part, word) >= 0);
    if (place < 0) continue;
    const whole = /** @type {string} */ (parts[place]);
    const start = find(whole, word);
    const written = whole.slice(start, start + word.length);
    parts.splice(place, 1, whole.slice(0, start), button(written, t(`term.${term}.means`)), whole.slice(start + word.length));
  }
  return parts;
}

/** Return where a word stands in a text; within another Latin word it does not count. */
function find(text, word) {
  const pattern = new RegExp(`(?<![A-Za-z-])${word}(?![A-Za-z-])|(?<![A-Za-z-])${word}(?=s(?![A-Za-z-]))`, "i");
  return text.search(pattern);
}

function button(word, meaning) {
  return h("span", { class: "term", tabindex: "0", role: "note", "aria-label": `${word}: ${meaning}` }, word, h("span", { class: "term-means", "aria-hidden": "true" }, meaning));
}
