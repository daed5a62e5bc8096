/** The normaliser within a tokenizer: letters without accents, in lower case, and replacements. */

import { AlignedText } from "./alignment.js";
import { classOf } from "./characters.js";
import { literal, translated } from "./pattern.js";

/**
 * @typedef {import("./alignment.js").Edit} Edit
 * @typedef {object} Characters ranges of characters by what the package `tokenizers` does with them
 * @property {[number, number][]} words it takes them for letters of words
 * @property {[number, number][]} accents it leaves them out
 * @property {[number, number][]} decomposed it takes them apart
 * @typedef {(text: AlignedText) => void} Step
 */

/**
 * Return a function that folds a text as a tokenizer does.
 * @param {any} normalizer as the tokenizer's JSON has it @param {Characters} characters
 * @returns {(text: string) => AlignedText}
 * @throws {Error} for steps that are not covered
 */
export function folding(normalizer, characters) {
  const steps = (normalizer.type === "Sequence" ? normalizer.normalizers : [normalizer]).map((/** @type {any} */ step) => stepOf(step, characters));
  return (text) => {
    const folded = new AlignedText(text);
    for (const step of steps) step(folded);
    return folded;
  };
}

/** @returns {Step} */
function stepOf(/** @type {any} */ step, /** @type {Characters} */ characters) {
  if (step.type === "NFKD") return decomposition(characters);
  if (step.type === "StripAccents") return replacement(new RegExp(`[${classOf(characters.accents)}]`, "gu"), () => "");
  if (step.type === "Lowercase") return lowerCase;
  if (step.type === "Replace") {
    const { String: sign, Regex: pattern } = step.pattern;
    return lastReplaced(sign === undefined ? translated(pattern, characters.words) : literal(sign), step.content);
  }
  throw new Error(`the normaliser of the tokenizer must be one that the browser knows, got ${step.type}`);
}

/**
 * Return the step that takes characters apart, each by itself: the order of accents within a letter, which the normal
 * form puts right, does not matter where they are left out.
 * @returns {Step}
 */
function decomposition(/** @type {Characters} */ characters) {
  return replacement(new RegExp(`[${classOf(characters.decomposed)}]`, "gu"), (sign) => sign.normalize("NFKD"));
}

/** Lower the letters of a text, each by itself: JavaScript has another sigma for the end of a word. @type {Step} */
function lowerCase(text) {
  const lowered = text.text.replaceAll("Σ", "σ").toLowerCase();
  if (lowered.length === text.text.length) text.text = lowered;
  else replacement(/\p{Changes_When_Lowercased}/gu, (letter) => letter.toLowerCase())(text);
}

/** @returns {Step} */
function replacement(/** @type {RegExp} */ expression, /** @type {(sign: string) => string} */ read) {
  return (text) => text.rewrite(Array.from(text.text.matchAll(expression), ({ 0: sign, index }) => [index, index + sign.length, read(sign)]));
}

/**
 * Return the step that replaces what an expression finds: what comes in stands for the last sign of it alone.
 * @returns {Step}
 */
function lastReplaced(/** @type {RegExp} */ expression, /** @type {string} */ content) {
  return (text) => {
    /** @type {Edit[]} */
    const edits = [];
    for (const { 0: found, index } of text.text.matchAll(expression)) {
      const end = index + found.length;
      const last = end - (/[\udc00-\udfff]$/.test(found) ? 2 : 1);
      if (last > index) edits.push([index, last, ""]);
      edits.push([last, end, content]);
    }
    text.rewrite(edits);
  };
}
