/** Models of tokenizers: they cut words into pieces that have a number each. */

import { lengthOf } from "./characters.js";
import { Heap } from "./heap.js";

/**
 * @typedef {[id: number, start: number, end: number]} Piece with its place in the word, in JavaScript's halves
 * @typedef {(word: string) => Piece[]} Cut
 */

/**
 * Return the function that cuts words.
 * @param {any} model as a tokenizer's JSON has it @param {Map<string, number>} vocabulary its entries
 * @returns {Cut}
 * @throws {Error} for a model that is not covered
 */
export function cutting(model, vocabulary) {
  const unknown = vocabulary.get(model.unk_token);
  if (unknown === undefined) throw new Error("the tokenizer must have an entry for unknown signs");
  if (model.type === "WordPiece") return wordPiece(model, vocabulary, unknown);
  const extras = ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges"];
  if (model.type === "BPE" && !extras.some((extra) => model[extra])) return bytePairs(model, vocabulary, unknown);
  throw new Error(`the tokenizer must be WordPiece or plain BPE, got ${model.type}`);
}

/**
 * Return the longest entries that a word begins with, one after the other; all of it is unknown where one of them is none.
 * @returns {Cut}
 */
function wordPiece(/** @type {any} */ model, /** @type {Map<string, number>} */ vocabulary, /** @type {number} */ unknown) {
  const { continuing_subword_prefix: prefix, max_input_chars_per_word: longest } = model;
  return (word) => {
    /** @type {Piece[]} */
    const pieces = [];
    if (word.length > longest && lengthOf(word) > longest) return [[unknown, 0, word.length]];
    for (let start = 0; start < word.length; ) {
      let end = word.length;
      let id;
      for (; end > start; end -= 1) {
        id = vocabulary.get(start ? prefix + word.slice(start, end) : word.slice(0, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return [[unknown, 0, word.length]];
      pieces.push([id, start, end]);
      start = end;
    }
    return pieces;
  };
}

/**
 * Return the function that joins signs by byte-pair encoding.
 * @returns {Cut}
 */
function bytePairs(/** @type {any} */ model, /** @type {Map<string, number>} */ vocabulary, /** @type {number} */ unknown) {
  const size = Array.from(vocabulary.values()).reduce((most, id) => Math.max(most, id), 0) + 1;
  /** @type {Map<number, {rank: number, id: number}>} */
  const merges = new Map();
  model.merges.forEach((/** @type {string | [string, string]} */ merge, /** @type {number} */ rank) => {
    const [left, right] = typeof merge === "string" ? merge.split(" ") : merge;
    const [one, other, id] = [left, right, left + right].map((entry) => /** @type {number} */ (vocabulary.get(entry)));
    merges.set(one * size + other, { rank, id });
  });
  return (word) => {
    const signs = Array.from(word);
    const ids = signs.map((sign) => vocabulary.get(sign) ?? unknown);
    const lengths = signs.map((sign) => sign.length);
    joinAll(ids, lengths, (one, other) => merges.get(one * size + other));
    let start = 0;
    return ids.flatMap((id, place) => (lengths[place] ? [/** @type {Piece} */ ([id, start, (start += lengths[place])])] : []));
  };
}

/**
 * Join the two neighbours whose merge has the first rank, the left ones of equal ones, until none can be joined.
 * @param {number[]} ids are changed @param {number[]} lengths likewise: 0 for what was joined to its left neighbour
 * @param {(one: number, other: number) => {rank: number, id: number} | undefined} mergeOf
 */
function joinAll(ids, lengths, mergeOf) {
  const next = ids.map((_, place) => place + 1);
  const previous = ids.map((_, place) => place - 1);
  /** @type {Heap<{rank: number, place: number, id: number}>} */
  const offers = new Heap((one, other) => one.rank - other.rank || one.place - other.place);
  const offer = (/** @type {number} */ place) => {
    const merge = mergeOf(ids[place], ids[next[place]]);
    if (merge) offers.push({ ...merge, place });
  };
  for (let place = 0; place + 1 < ids.length; place += 1) offer(place);
  for (let best = offers.pop(); best; best = offers.pop()) {
    const { place, id, rank } = best;
    const right = next[place];
    // An offer is out of date where either of the two has been joined to another since.
    if (!lengths[place] || right >= ids.length || mergeOf(ids[place], ids[right])?.rank !== rank) continue;
    ids[place] = id;
    lengths[place] += lengths[right];
    lengths[right] = 0;
    next[place] = next[right];
    if (next[place] < ids.length) previous[next[place]] = place;
    if (previous[place] >= 0) offer(previous[place]);
    offer(place);
  }
}
