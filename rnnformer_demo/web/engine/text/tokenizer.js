/** A tokenizer as the package `tokenizers` writes it: from normalised text to numbers of entries. Places are JavaScript's. */

import { folding } from "./folding.js";
import { translated } from "./pattern.js";
import { cutting } from "./pieces.js";

const MOST_REMEMBERED = 20_000; // words

/**
 * @typedef {object} Encoding
 * @property {number[]} ids of the tokens
 * @property {[number, number][]} offsets start and end of each token in the text
 * @property {number[]} words the number of the word of each token
 */

export class Tokenizer {
  /**
   * @param {any} json @param {import("./folding.js").Characters} characters
   * @throws {Error} for a tokenizer with parts that are not covered
   */
  constructor(json, characters) {
    const { type, pattern, behavior, invert } = json.pre_tokenizer ?? {};
    if (type !== "Split" || behavior !== "Removed" || !invert || !pattern.Regex) {
      throw new Error("the tokenizer must cut words by a regular expression that finds them");
    }
    if (json.post_processor || json.added_tokens.some((/** @type {any} */ token) => !token.special)) {
      throw new Error("the tokenizer must add no tokens to those of the text");
    }
    /** @type {Map<string, number>} */
    this.vocabulary = new Map(Object.entries(json.model.vocab));
    this.fold = folding(json.normalizer, characters);
    this.word = translated(pattern.Regex, characters.words);
    this.cut = cutting(json.model, this.vocabulary);
    /** @type {Map<string, import("./pieces.js").Piece[]>} */
    this.known = new Map();
  }

  /** Return the tokens of a text. @param {string} text @returns {Encoding} */
  encode(text) {
    const folded = this.fold(text);
    /** @type {Encoding} */
    const encoding = { ids: [], offsets: [], words: [] };
    let count = 0;
    for (const { 0: word, index } of folded.text.matchAll(this.word)) {
      for (const [id, start, end] of this.#pieces(word)) {
        encoding.ids.push(id);
        encoding.offsets.push([index + start, index + end]);
        encoding.words.push(count);
      }
      count += 1;
    }
    encoding.offsets = folded.typedSpans(encoding.offsets);
    return encoding;
  }

  /** Return the pieces of a word, which is cut once. @param {string} word */
  #pieces(word) {
    let pieces = this.known.get(word);
    if (!pieces) {
      if (this.known.size >= MOST_REMEMBERED) this.known.clear();
      pieces = this.cut(word);
      this.known.set(word, pieces);
    }
    return pieces;
  }
}
