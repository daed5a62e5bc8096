/** Normaliser: from what was typed to what the tokenizer reads, with the way back. Places are JavaScript's. */

import { InputError } from "../errors.js";
import { AlignedText } from "./alignment.js";
import { lengthOf } from "./characters.js";
import { longClusters, widened } from "./clusters.js";
import { noticesOf } from "./notices.js";
import { Steps, STEPS } from "./steps.js";

const VERSION = 1;
const VISIBLE = /[^\s\x85\u200B-\u200F\u2060\uFEFF\u00AD]+/g;
// Printable ASCII with single blanks, and no "&" or "`": no step finds anything in it.
const PLAIN = /^(?:[!-%'-_a-~]+[ \n])*[!-%'-_a-~]+$/;
const ASCII = /^[\0-\x7f]*$/;

export class Normaliser {
  /**
   * @param {import("./steps.js").Rules} rules of the checkpoint
   * @param {Record<string, string>} entities what HTML's entities stand for, by their names
   */
  constructor(rules, entities) {
    check(rules);
    this.rules = rules;
    const steps = new Steps(rules, entities);
    this.steps = rules.steps.map((name) => ({ name, step: /** @type {any} */ (steps)[name].bind(steps) }));
    const replaced = [...Object.keys(rules.signs), ...Object.keys(rules.letters), ...rules.apostrophes];
    this.keepsAscii = !replaced.some((sign) => sign !== "`" && ASCII.test(sign));
  }

  /**
   * Normalise a text.
   * @param {string} text @param {number} [most] signs after which it is cut, blanks and what is invisible not counted
   */
  read(text, most = Infinity) {
    let typed = text.toWellFormed();
    if (typed.length > most) typed = typed.slice(0, endOf(typed, most));
    const aligned = new AlignedText(typed);
    /** @type {string[]} */
    const notices = [];
    if (!this.keepsAscii || !PLAIN.test(typed)) {
      for (const { name, step } of this.steps) {
        const before = aligned.text;
        const edits = step(before);
        aligned.rewrite(edits);
        notices.push(...noticesOf(name, before, edits));
      }
    }
    return new Normalised(typed, notices, aligned);
  }

  /** Tell if two words that somebody typed are read as the same letters. @param {string} one @param {string} other */
  same(one, other) {
    const letters = this.read(one).text;
    return letters !== "" && letters === this.read(other).text;
  }
}

/** A text as the tokenizer reads it. */
class Normalised {
  /**
   * @param {string} typed what it was made of; where it was cut, the part that was looked at
   * @param {string[]} notices @param {AlignedText} aligned
   */
  constructor(typed, notices, aligned) {
    this.typed = typed;
    /** Sentences about changes that the visitor cannot see. */
    this.notices = notices;
    this.aligned = aligned;
  }

  /** The text that is read. */
  get text() {
    return this.aligned.text;
  }

  /**
   * Return for parts of the text their start and end in what was typed, in whole grapheme clusters: a letter with its
   * marks, an emoji with all its signs.
   * @param {[number, number][]} spans @returns {[number, number][]}
   */
  typedSpans(spans) {
    const typed = this.aligned.typedSpans(spans);
    const clusters = longClusters(this.typed);
    return clusters.length ? typed.map((span) => widened(span, clusters)) : typed;
  }
}

/** Refuse rules that this version does not know. @param {import("./steps.js").Rules} rules */
function check(rules) {
  if (rules.version !== VERSION || !rules.steps.every((name) => STEPS.includes(name))) {
    throw new InputError(
      `The rules of normalisation are of version ${rules.version}, this software reads ${VERSION}: train the model again, or use the ` +
        "software that made it.",
    );
  }
}

/** Return where a text has had so many signs, at the end of a run of them. */
function endOf(/** @type {string} */ text, /** @type {number} */ most) {
  let signs = 0;
  for (const { 0: run, index } of text.matchAll(VISIBLE)) {
    const length = lengthOf(run);
    if (signs + length >= most) return index + Array.from(run).slice(0, most - signs).join("").length;
    signs += length;
  }
  return text.length;
}
