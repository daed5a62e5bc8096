/** Check of how a text is written: source code, another script, another language, keys struck at random; see `confidence/writing.py`. */

import { classOf, lengthOf } from "./text/characters.js";
import { Spelling } from "./text/spelling.js";

/**
 * @typedef {object} WritingFacts tables and bounds, see `site/text_facts.py`
 * @property {Record<string, string[]>} common_words by language
 * @property {[number, number][]} letters ranges of code points
 * @property {Record<string, [number, number][]>} scripts the ranges of each
 * @property {string} latin name of a script
 * @property {string} other_script
 * @property {string} chinese the inside of a class of characters
 * @property {string} single likewise: signs without gaps between words
 * @property {{source: string, flags: string}[]} code expressions that are seldom met in ordinary text
 * @property {string[]} keyboard
 * @property {Record<string, number>} bounds
 */

const REPEATED = /(.)\1{2,}/gsu; // "soooo": emphasis, no new spelling

export class WritingCheck {
  /** @param {WritingFacts} facts @param {import("./text/tokenizer.js").Tokenizer} tokenizer of the model: it tells what the model reads */
  constructor(facts, tokenizer) {
    const letters = classOf(facts.letters);
    this.facts = facts;
    this.tokenizer = tokenizer;
    this.code = facts.code.map(({ source, flags }) => new RegExp(source, flags));
    this.runs = new RegExp(`[${facts.single}]|[[${letters}]--[${facts.single}]]+`, "gv");
    this.word = new RegExp(`[[${letters}]--[${facts.chinese}]]+`, "gv");
    this.scripts = Object.entries(facts.scripts).map(([name, ranges]) => ({ name, expression: new RegExp(`^[${classOf(ranges)}]`, "u") }));
    this.common = Object.entries(facts.common_words).map(([language, words]) => ({ language, words: new Set(words) }));
    this.ownScripts = once(() => this.#scriptsOfVocabulary());
    this.ownLanguage = once(() => this.#languageOfVocabulary());
    this.spelling = once(() => this.#spellingOfVocabulary());
  }

  /** Return a sentence that names how a text is written; "" where nothing is foreign about it. @param {string} text normalised */
  notice(text) {
    if (this.code.filter((expression) => expression.test(text)).length >= this.facts.bounds.code_signs_least) {
      return "This looks like source code, which the model was not trained on.";
    }
    const scripts = this.#scriptsOf(text);
    if (!scripts.size) return ""; // numbers and signs
    const total = sum(scripts.values());
    const [script, count] = Array.from(scripts).reduce((best, each) => (each[1] > best[1] ? each : best));
    const own = this.ownScripts();
    if (!own.includes(script) && count > this.facts.bounds.foreign_script_least * total) {
      return `This is written in ${script}; the model was trained on ${own.join(" and ")}.`;
    }
    const words = this.tokenizer.fold(text).text.match(this.word) ?? [];
    if (script !== this.facts.latin || !words.length || !this.ownLanguage()) return "";
    if (this.#isMashed(words)) return "This looks like keys struck at random, which the model was not trained on.";
    return this.#foreignLanguage(words, this.ownLanguage());
  }

  #scriptsOfVocabulary() {
    const scripts = this.#scriptsOf([...this.tokenizer.vocabulary.keys()].join(" "));
    const least = this.facts.bounds.own_script_least * sum(scripts.values());
    return [...scripts].filter(([, count]) => count >= least).map(([name]) => name).sort();
  }

  /** Return the language whose commonest words are entries; "" where of no language half of them are. */
  #languageOfVocabulary() {
    const shares = this.common.map(({ language, words }) => ({
      language,
      share: Array.from(words).filter((word) => this.#knows(word)).length / words.size,
    }));
    const best = shares.reduce((one, other) => (other.share > one.share ? other : one));
    return best.share >= this.facts.bounds.own_language_least ? best.language : "";
  }

  #spellingOfVocabulary() {
    const whole = new RegExp(`^(?:${this.word.source})$`, "v");
    return new Spelling([...this.tokenizer.vocabulary.keys()].filter((word) => lengthOf(word) > 1 && whole.test(word)));
  }

  /** Return how many words of a text belong to each script; a Chinese character and a kana count as one each. */
  #scriptsOf(/** @type {string} */ text) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const run of text.match(this.runs) ?? []) {
      const script = this.scripts.find(({ expression }) => expression.test(run))?.name ?? this.facts.other_script;
      counts.set(script, (counts.get(script) ?? 0) + 1);
    }
    return counts;
  }

  #knows(/** @type {string} */ word) {
    return this.tokenizer.vocabulary.has(word);
  }

  #isMashed(/** @type {string[]} */ words) {
    const mashed = words.filter((word) => this.#isMash(word));
    return letterCount(mashed) >= this.facts.bounds.mashed_share * letterCount(words);
  }

  #isMash(/** @type {string} */ word) {
    const { mashed_least, judged_least, spelling_least } = this.facts.bounds;
    const length = lengthOf(word);
    if (this.#knows(word) || length < mashed_least) return false;
    if (this.#runsAlongKeys(word) || (new Set(word).size === 1 && length >= judged_least)) return true;
    const spelt = word.replace(REPEATED, "$1");
    return lengthOf(spelt) >= judged_least && this.spelling().logLikelihood(spelt) < spelling_least;
  }

  /** Tell if most of a word is runs of neighbouring keys of a row, to the right or to the left. */
  #runsAlongKeys(/** @type {string} */ word) {
    const { keys_in_a_row, along_keys } = this.facts.bounds;
    const letters = Array.from(word);
    let [along, start] = [0, 0];
    for (let end = 1; end <= letters.length; end += 1) {
      const run = letters.slice(start, end + 1).join("");
      if (end < letters.length && this.facts.keyboard.some((keys) => keys.includes(run))) continue;
      if (end - start >= keys_in_a_row) along += end - start;
      start = end;
    }
    return along >= along_keys * letters.length;
  }

  #foreignLanguage(/** @type {string[]} */ words, /** @type {string} */ language) {
    const { language_words_least, unknown_words_least, common_least, unknown_share } = this.facts.bounds;
    if (words.length < language_words_least) return "";
    const different = [...new Set(words)];
    const counts = this.common.map((each) => ({ language: each.language, count: different.filter((word) => each.words.has(word)).length }));
    const own = counts.find((each) => each.language === language)?.count ?? 0;
    const other = counts.filter((each) => each.language !== language).reduce((best, each) => (each.count > best.count ? each : best));
    if (other.count >= common_least && other.count > own) return `This looks like ${other.language}; the model was trained on ${language}.`;
    const unknown = letterCount(words.filter((word) => !this.#knows(word)));
    if (!own && words.length >= unknown_words_least && unknown > unknown_share * letterCount(words)) {
      return `The model knows few of these words: they may be another language than ${language}.`;
    }
    return "";
  }
}

/** Return a function that computes at its first call, and remembers. @template Value @param {() => Value} compute */
function once(compute) {
  /** @type {{value: Value} | null} */
  let known = null;
  return () => (known ??= { value: compute() }).value;
}

/** Return how many letters words have together. @param {string[]} words */
const letterCount = (words) => sum(words.map(lengthOf));

/** @param {Iterable<number>} values */
function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
