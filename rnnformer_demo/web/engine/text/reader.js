/** Reader of text: from what a visitor types to the sample that a model reads, see `data/text.py`. */

import { InputError } from "../errors.js";
import { inCharacters, isBlank, lengthOf, withoutBlanksAfter } from "./characters.js";
import { Normaliser } from "./normaliser.js";
import { Tokenizer } from "./tokenizer.js";

/**
 * @typedef {object} TextSample one text; its spans count characters as Python does, not JavaScript's halves of them
 * @property {Int32Array} ids (T) of the tokens
 * @property {Int32Array} tokenToUnit (T) the word of each token
 * @property {string[]} unitNames the words as they were typed
 * @property {[number, number][]} spans start and end of each word in `display`
 * @property {string} display what was read of the typed text
 * @property {string[]} warnings sentences about changes on the way in
 * @property {string} normalised the text of which the tokens were made
 * @property {null} grid
 * @property {number} steps T
 * @property {Record<string, {data: any, dims: number[]}>} feeds inputs of the programs "trace" and "logits"
 */

const UNKNOWN = 1; // entry of the vocabulary
const CHARACTERS_PER_TOKEN = 40; // far more than any real text has: beyond it nothing is read in vain
const MANY_UNKNOWN = 0.25;
const CHINESE = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/;

export class TextReader {
  /**
   * @param {{max_tokens: number, normalisation: import("./steps.js").Rules}} preprocessing as a card has it
   * @param {any} tokenizer its JSON
   * @param {{entities: Record<string, string>, characters: import("./folding.js").Characters}} facts see `site/text_facts.py`
   */
  constructor({ max_tokens, normalisation }, tokenizer, { entities, characters }) {
    this.maxTokens = max_tokens;
    this.normaliser = new Normaliser(normalisation, entities);
    this.tokenizer = new Tokenizer(tokenizer, characters);
  }

  /**
   * Return the sample of a text.
   * @param {string} text @returns {TextSample}
   * @throws {InputError} for no text, and for text of which the model knows nothing
   */
  read(text) {
    if (typeof text !== "string") throw new InputError(`Expected text, got ${typeof text}: type or paste a sentence.`);
    if (isBlank(text)) throw new InputError("There is no text yet: type or paste a sentence.");
    const read = this.#normalised(text);
    const encoding = this.tokenizer.encode(read.text);
    const ids = encoding.ids.slice(0, this.maxTokens);
    if (ids.every((id) => id === UNKNOWN)) {
      throw new InputError("This model knows none of these words or signs: write in the language that it was trained on.");
    }
    const offsets = encoding.offsets.slice(0, ids.length);
    const { spans, units } = wordsOf(read, offsets, encoding.words);
    const end = spans[spans.length - 1][1];
    const typed = withoutBlanksAfter(text.toWellFormed(), end);
    const wasCut = ids.length < encoding.ids.length || read.typed.length < typed.length;
    const display = wasCut ? typed.slice(0, end) : typed;
    const notices = wasCut ? this.normaliser.read(display).notices : read.notices;
    return {
      ids: Int32Array.from(ids),
      tokenToUnit: Int32Array.from(units),
      unitNames: spans.map((span) => display.slice(...span)),
      spans: inCharacters(display, spans),
      display,
      warnings: [...notices, ...sentences(typed, display, ids, units)],
      normalised: wasCut ? read.text.slice(0, offsets[offsets.length - 1][1]) : read.text,
      grid: null,
      steps: ids.length,
      feeds: {
        ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
        lengths: { data: Int32Array.of(ids.length), dims: [1] },
      },
    };
  }

  /** Return the ids of a text, cut to the model's length, without the checks that a visitor's text gets. @param {string} text */
  ids(text) {
    return this.tokenizer.encode(this.#normalised(text).text).ids.slice(0, this.maxTokens);
  }

  /** Return the words of a text, however long, as a sample's units are. @param {string} text */
  words(text) {
    const read = this.normaliser.read(text);
    const { offsets, words } = this.tokenizer.encode(read.text);
    return wordsOf(read, offsets, words).spans.map((span) => read.typed.slice(...span));
  }

  /** Tell if two words that somebody typed are read as the same letters. @param {string} one @param {string} other */
  same(one, other) {
    return this.normaliser.same(one, other);
  }

  /** Return the part of a text that can matter, as the tokenizer reads it. @param {string} text */
  #normalised(text) {
    return this.normaliser.read(text, this.maxTokens * CHARACTERS_PER_TOKEN);
  }
}

/**
 * Return the start and end of each word in the typed text, and for each token the index of its word.
 *
 * Chinese is written without gaps: there every token is a word. A sign that is taken apart ("…" becomes three dots, "½"
 * three signs) stays one word, as does a grapheme cluster such as an emoji of several pictures: its tokens share a span.
 * @param {{text: string, typedSpans: (spans: [number, number][]) => [number, number][]}} read
 * @param {[number, number][]} offsets @param {number[]} words
 */
function wordsOf(read, offsets, words) {
  /** @type {[number, number][]} */
  const spans = [];
  let previous = -1;
  const units = read.typedSpans(offsets).map(([start, end], token) => {
    const last = spans.at(-1);
    const continues = words[token] === previous && !CHINESE.test(read.text[offsets[token][0]]);
    if (last && (continues || start < last[1])) last[1] = Math.max(end, last[1]);
    else spans.push([start, end]);
    previous = words[token];
    return spans.length - 1;
  });
  return { spans, units };
}

/** Return what is to be said of a text that was cut, and of one with many unknown words. */
function sentences(/** @type {string} */ text, /** @type {string} */ display, /** @type {number[]} */ ids, /** @type {number[]} */ units) {
  /** @type {string[]} */
  const said = [];
  const count = (/** @type {number} */ number) => number.toLocaleString("en-US");
  if (display.length < text.length) {
    said.push(
      `The text is longer than this model reads: only its first ${count(lengthOf(display))} of ${count(lengthOf(text))} characters ` +
        `(${ids.length} tokens) were used.`,
    );
  }
  const unknown = new Set(units.filter((_, token) => ids[token] === UNKNOWN)).size;
  const total = units[units.length - 1] + 1;
  if (unknown >= MANY_UNKNOWN * total) said.push(`${unknown} of ${total} words or signs are unknown to this model and were read as blanks.`);
  return said;
}
