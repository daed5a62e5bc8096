/** Units of a document, words or cells, and the tokens that belong to them. */

import { once } from "./arrays.js";

/**
 * Return the name of a unit: the word as typed, or row and column of a cell.
 * @param {any} document @param {number} unit @param {import("./i18n.js").Translate} t
 */
export function unitName(document, unit, t) {
  const { name, cell } = document.input.units[unit];
  return cell ? t("cell", { row: cell[0] + 1, column: cell[1] + 1 }) : name;
}

/** Letters of a word beside a picture. */
export const LETTERS = 12;

/** Return a text on one line, its end left out where it is longer. @param {string} text @param {number} most letters */
export function shorten(text, most) {
  const letters = Array.from(text.replace(/\s+/g, " "));
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** Return the text of units as typed, end exclusive. @param {any} input @param {number} start @param {number} end */
export function textOf({ text, units }, start, end) {
  return Array.from(text).slice(units[start].span[0], units[end - 1].span[1]).join(""); // spans count code points
}

const tokens = once(({ units, token_to_unit }) => {
  const found = units.map(() => []);
  token_to_unit.forEach((unit, token) => found[unit].push(token));
  return found;
});

/** Return for each unit the indices of its tokens; cached. @param {any} document @returns {number[][]} */
export const tokensOf = ({ input }) => tokens(input);

/** Return a name for each token: its word, "…" where a word goes on. @param {any} document @param {any} t */
export function tokenNames(document, t) {
  let previous = -1;
  return document.input.token_to_unit.map((unit) => {
    const name = unit === previous ? "…" : unitName(document, unit, t);
    previous = unit;
    return name;
  });
}

/**
 * Return the scores of the shown attribution by unit; null where they belong to pixels.
 * @param {any} document @param {any} [attribution]
 * @returns {number[] | null}
 */
export function unitScores(document, attribution = document.attribution) {
  return attribution && attribution.scores.length === document.input.units.length ? attribution.scores : null;
}

/** Return the attributions of the class that is explained whose scores belong to units: the shown one first. @param {any} document */
export function attributionsOf(document) {
  const { attribution, other_attributions: others = [] } = document;
  return [attribution, ...others].filter((each) => each?.target === attribution.target && unitScores(document, each));
}

/**
 * Return the sentences of a text as ranges of units, end exclusive; cached. The browser finds their ends.
 * @param {any} document @returns {{start: number, end: number}[]}
 */
export const sentencesOf = ({ input }) => sentences(input);

const sentences = once((input) => {
  const starts = [...new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(input.text ?? "")].map((part) => codePoints(input.text, part.index));
  const ranges = [];
  let start = 0;
  for (const next of [...starts.slice(1), Infinity]) {
    let end = start;
    while (end < input.units.length && input.units[end].span[0] < next) end += 1;
    if (end > start) ranges.push({ start, end });
    start = end;
  }
  return ranges;
});

/** Return the number of code points before a place: spans count those, JavaScript counts UTF-16. */
function codePoints(text, index) {
  let count = 0;
  for (let place = 0; place < index; place += text.codePointAt(place) > 0xffff ? 2 : 1) count += 1;
  return count;
}
