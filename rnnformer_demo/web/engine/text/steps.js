/**
 * Steps of normalisation: each finds in a text the parts that are to be read as something else.
 *
 * Classes of characters are the browser's, Python's those of its packages `regex` and `unicodedata`: they differ for what
 * one of their versions of Unicode does not know yet.
 */

import { classOf, classOfSigns } from "./characters.js";
import { entityEdits } from "./entities.js";

/**
 * @typedef {import("./alignment.js").Edit} Edit
 * @typedef {object} Rules as a checkpoint stores them, see `data/normalisation/rules.py`
 * @property {number} version
 * @property {string[]} steps
 * @property {[string, string][]} invisible
 * @property {string} apostrophes
 * @property {Record<string, string>} signs
 * @property {Record<string, string>} letters
 */

const EMOJI_PARTS = "\\uFE0E\\uFE0F\\u20E3\\u{1F3FB}-\\u{1F3FF}\\u{E0020}-\\u{E007F}";
const PICTURE = `\\p{Extended_Pictographic}[${EMOJI_PARTS}]*`;
const EMOJI = new RegExp(`${PICTURE}(?:\\u200D${PICTURE})*|[0-9#*]\\uFE0F?\\u20E3`, "gu");
const EMOJI_PART = new RegExp(`[${EMOJI_PARTS}\\u200D]`, "gu");
// Scripts whose letters change their form, or their syllables, by a joiner between them.
const JOINING =
  "Arabic Syriac Mandaic Nko Mongolian Phags_Pa Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam " +
  "Sinhala Khmer Myanmar Tibetan Balinese Javanese";
const JOINER = `(?<=[${JOINING.replace(/(\w+) ?/g, "\\p{Script=$1}")}])[\\u200C\\u200D]`;
const COMPOSED = /[\u1100-\u11FF]+|[^\0-\x9F\u4E00-\u9FFF\uAC00-\uD7A3]\p{M}*|[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]\p{M}+/gu;
const WORD = /[\p{L}\p{M}]+/gu;
const FOREIGN = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]/u;
const LATIN = /\p{Script=Latin}/u;
const CYRILLIC_START = /^[\u0400-\u052e]|^\u052f$/u; // of a word that Python sorts between the two
const BLANK = "\\t-\\r\\x1C-\\x20\\u2028\\u2029\\u2800\\p{Zs}";
const BLANKS = new RegExp(`[${BLANK}]{2,}|(?![ \\n])[${BLANK}]|^[ \\n]|[ \\n]$`, "gu");
const LINE_END = /[\n\v\f\r\x1c\x1d\x1e\u2028\u2029]/;

export class Steps {
  /** @param {Rules} rules @param {Record<string, string>} entities what HTML's entities stand for, by name */
  constructor(rules, entities) {
    this.rules = rules;
    this.entityNames = entities;
    const ranges = /** @type {[number, number][]} */ (rules.invisible.map((range) => range.map((code) => parseInt(code, 16))));
    const apostrophes = classOfSigns(rules.apostrophes);
    this.unseen = new RegExp(`${JOINER}|([${classOf(ranges)}])`, "gu");
    // Looks behind at apostrophes alone: before, at each of a long run of marks, it would walk through all of them.
    this.apostrophe = new RegExp(`${apostrophes}(?:(?<=\\p{L}\\p{M}*.)|(?=\\p{L}))`, "gu");
    this.sign = new RegExp(classOfSigns(Object.keys(rules.signs)), "gu");
    this.letter = new RegExp(classOfSigns(Object.keys(rules.letters)), "gu");
  }

  /** Return what HTML's entities stand for. @param {string} text */
  entities(text) {
    return entityEdits(text, this.entityNames);
  }

  /** Return what joins, colours and encloses the pictures of an emoji. @param {string} text @returns {Edit[]} */
  emoji(text) {
    if (text.search(EMOJI_PART) < 0) return [];
    return Array.from(text.matchAll(EMOJI), (emoji) => edits(emoji[0], EMOJI_PART, () => "", emoji.index)).flat();
  }

  /** Return the invisible characters; a joiner within a script that it shapes stays. @param {string} text @returns {Edit[]} */
  invisible(text) {
    return edits(text, this.unseen, (match) => (match[1] ? "" : null));
  }

  /** Return the look-alikes of an apostrophe that stand beside a letter. @param {string} text */
  apostrophes(text) {
    return edits(text, this.apostrophe, () => "'");
  }

  /** Return the signs that have another reading. @param {string} text */
  signs(text) {
    return edits(text, this.sign, (match) => this.rules.signs[match[0]]);
  }

  /** Return letters with their marks in the normalisation form KC. @param {string} text */
  compatibility(text) {
    return edits(text, COMPOSED, (match) => {
      const composed = match[0].normalize("NFKC");
      return composed === match[0] ? null : composed;
    });
  }

  /**
   * Return letters that look like Latin ones in words that are Latin otherwise.
   *
   * Where all foreign letters of a text look like Latin ones, and it has Latin ones too, words of look-alikes alone are
   * meant: but a single Greek or Armenian letter is a symbol.
   * @param {string} text @returns {Edit[]}
   */
  letters(text) {
    if (text.search(this.letter) < 0) return [];
    const meant = !FOREIGN.test(text.replace(this.letter, "")) && LATIN.test(text);
    return Array.from(text.matchAll(WORD), ({ 0: word, index }) => {
      const alike = edits(word, this.letter, (match) => this.rules.letters[match[0]], index);
      const others = word.replace(this.letter, "");
      const mixed = others && !FOREIGN.test(others) && LATIN.test(others);
      const alone = meant && !others && (alike.length > 1 || CYRILLIC_START.test(word));
      return mixed || alone ? alike : [];
    }).flat();
  }

  /**
   * Return runs of blanks and odd ones: each is read as one blank or line's end, none at the ends of the text.
   * @param {string} text
   */
  blanks(text) {
    return edits(text, BLANKS, ({ 0: run, index }) => {
      const outer = index === 0 || index + run.length === text.length;
      return outer ? "" : LINE_END.test(run) ? "\n" : " ";
    });
  }
}

/** Names of the steps that there are. */
export const STEPS = Object.freeze(["blanks", "entities", "emoji", "invisible", "apostrophes", "signs", "compatibility", "letters"]);

/**
 * Return the edits of what an expression finds; none where `read` returns null.
 * @param {string} text @param {RegExp} expression with flag g
 * @param {(match: RegExpExecArray) => string | null} read
 * @param {number} [offset] of the text in a longer one
 * @returns {Edit[]}
 */
function edits(text, expression, read, offset = 0) {
  /** @type {Edit[]} */
  const found = [];
  for (const match of text.matchAll(expression)) {
    const sign = read(match);
    if (sign !== null) found.push([offset + match.index, offset + match.index + match[0].length, sign]);
  }
  return found;
}
