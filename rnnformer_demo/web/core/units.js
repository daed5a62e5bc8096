/** Units of a document, words or cells, and the tokens that belong to them. */

/**
 * Return the name of a unit: the word as typed, or row and column of a cell.
 * @param {any} document @param {number} unit @param {import("./i18n.js").Translate} t
 */
export function unitName(document, unit, t) {
  const { name, cell } = document.input.units[unit];
  return cell ? t("cell", { row: cell[0] + 1, column: cell[1] + 1 }) : name;
}

/** @type {WeakMap<any, number[][]>} */
const tokens = new WeakMap();

/** Return for each unit the indices of its tokens; cached. @param {any} document @returns {number[][]} */
export function tokensOf(document) {
  let found = tokens.get(document.input);
  if (!found) {
    found = document.input.units.map(() => []);
    document.input.token_to_unit.forEach((unit, token) => found[unit].push(token));
    tokens.set(document.input, found);
  }
  return found;
}

/** Return (units) the sums of values of tokens. @param {any} document @param {ArrayLike<number>} values */
export function sumByUnit(document, values) {
  const sums = new Float32Array(document.input.units.length);
  document.input.token_to_unit.forEach((unit, token) => (sums[unit] += values[token]));
  return sums;
}

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

/** @type {WeakMap<any, {start: number, end: number}[]>} */
const sentences = new WeakMap();

/**
 * Return the sentences of a text as ranges of units, end exclusive. The browser finds their ends.
 * @param {any} document
 */
export function sentencesOf(document) {
  let found = sentences.get(document.input);
  if (!found) sentences.set(document.input, (found = split(document.input)));
  return found;
}

function split(input) {
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
}

/** Return the number of code points before a place: spans count those, JavaScript counts UTF-16. */
function codePoints(text, index) {
  let count = 0;
  for (let place = 0; place < index; place += text.codePointAt(place) > 0xffff ? 2 : 1) count += 1;
  return count;
}
