/** Regular expressions of tokenizers, which are Oniguruma's, in JavaScript. */

import { classOf } from "./characters.js";

const BLANK = "\\t-\\r\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
// What is covered: classes, groups, looks ahead, repetitions, and signs that mean themselves in either language.
const PART = /\\u[0-9a-fA-F]{4}|\\[wWsSb]|\(\?[:=!]|\[\^?|\]|[()|]|[*+?]\??|[^\\[\](){}.^$&]/gu;

/**
 * Return an expression of Oniguruma as one of JavaScript.
 * @param {string} source @param {[number, number][]} words what it takes for the letters of a word
 * @throws {Error} where it says something that is not covered
 */
export function translated(source, words) {
  const parts = source.match(PART) ?? [];
  if (parts.join("") !== source) throw new Error(`the tokenizer's expression ${source} must be one that the browser can read`);
  const word = classOf(words);
  /** @type {Record<string, string>} */
  const meanings = {
    "\\w": `[${word}]`,
    "\\W": `[^${word}]`,
    "\\s": `[${BLANK}]`,
    "\\S": `[^${BLANK}]`,
    "\\b": `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`,
  };
  return new RegExp(parts.map((part) => meanings[part] ?? part).join(""), "gv"); // flag v: a class may hold others
}

/** Return an expression that finds a string. @param {string} sign */
export const literal = (sign) => new RegExp(sign.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "gu");
