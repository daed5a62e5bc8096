/** Characters as Python counts and classes them; JavaScript counts halves of those beyond U+FFFF. */

const BLANK = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/; // what `str.strip` takes off
const NO_BLANK = new RegExp(BLANK.source.replace("[", "[^"));
const HIGH_HALF = /[\ud800-\udbff]/;

/**
 * Return a text without the blanks at its end.
 * @param {string} text @param {number} least places of it that are kept, whatever they hold
 */
export function withoutBlanksAfter(text, least) {
  let end = text.length;
  while (end > least && BLANK.test(text[end - 1])) end -= 1;
  return text.slice(0, end);
}

/** Tell if a text is nothing but blanks. @param {string} text */
export const isBlank = (text) => !NO_BLANK.test(text);

/** Return how many characters a text has. @param {string} text */
export function lengthOf(text) {
  if (!HIGH_HALF.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * Return spans of a text in characters, as Python counts them, from those in JavaScript's halves.
 * @param {string} text @param {[number, number][]} spans in order, none of them overlapping @returns {[number, number][]}
 */
export function inCharacters(text, spans) {
  if (!HIGH_HALF.test(text)) return spans;
  let [place, count] = [0, 0];
  const counted = (/** @type {number} */ end) => {
    count += lengthOf(text.slice(place, end));
    place = end;
    return count;
  };
  return spans.map(([start, end]) => [counted(start), counted(end)]);
}

/**
 * Return the inside of a class of a regular expression with flag u or v.
 * @param {[number, number][]} ranges first and last code point of each
 */
export function classOf(ranges) {
  const sign = (/** @type {number} */ code) => `\\u{${code.toString(16)}}`;
  return ranges.map(([first, last]) => (first === last ? sign(first) : `${sign(first)}-${sign(last)}`)).join("");
}

/** Return a class of a regular expression with flag u or v that matches any of some characters. @param {Iterable<string>} signs */
export const classOfSigns = (signs) => `[${classOf(Array.from(signs, (sign) => [code(sign), code(sign)]))}]`;

/** Return the code point of a sign. @param {string} sign */
const code = (sign) => /** @type {number} */ (sign.codePointAt(0));

/** Return the name of a code point, as "U+00AD". @param {string} sign */
export const codePointName = (sign) => `U+${code(sign).toString(16).toUpperCase().padStart(4, "0")}`;
