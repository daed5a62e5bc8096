/** Model of the letters of words: each by the two before it, smoothed by shorter contexts (Witten & Bell 1991). */

const ORDERS = [0, 1, 2]; // letters of the context

export class Spelling {
  /** @param {string[]} words which it learns from, in lower case */
  constructor(words) {
    this.counts = ORDERS.map(() => new Counter()); // of 1, 2 and 3 letters
    this.contexts = ORDERS.map(() => new Counter()); // what stands before the last
    this.kinds = ORDERS.map(() => new Counter()); // different letters after each
    for (const gram of words.flatMap(gramsOf)) {
      for (const order of ORDERS) {
        const { all, before } = endOf(gram, order);
        if (!this.counts[order].of(all)) this.kinds[order].add(before);
        this.counts[order].add(all);
        this.contexts[order].add(before);
      }
    }
  }

  /** Return the mean natural logarithm of the probability of each letter of a word, its end included; below 0. @param {string} word */
  logLikelihood(word) {
    const grams = gramsOf(word);
    return grams.reduce((total, gram) => total + Math.log(this.#probability(gram)), 0) / grams.length;
  }

  #probability(/** @type {string[]} */ gram) {
    let probability = 1 / (this.kinds[0].of("") + 1); // of a letter that no word has, too
    for (const order of ORDERS) {
      const { all, before } = endOf(gram, order);
      const kinds = this.kinds[order].of(before);
      const seen = this.contexts[order].of(before);
      if (seen) probability = (this.counts[order].of(all) + kinds * probability) / (seen + kinds);
    }
    return probability;
  }
}

/** Counts of strings. */
class Counter {
  constructor() {
    /** @type {Map<string, number>} */
    this.counts = new Map();
  }

  of(/** @type {string} */ key) {
    return this.counts.get(key) ?? 0;
  }

  add(/** @type {string} */ key) {
    this.counts.set(key, this.of(key) + 1);
  }
}

/** Return each letter of a word, and its end, with the two before it. @param {string} word @returns {string[][]} */
function gramsOf(word) {
  const framed = ["^", "^", ...word, "$"];
  return framed.slice(2).map((_, place) => framed.slice(place, place + 3));
}

/** Return the last letter of a gram with so many before it, and those alone. */
function endOf(/** @type {string[]} */ gram, /** @type {number} */ order) {
  return { all: gram.slice(2 - order).join(""), before: gram.slice(2 - order, 2).join("") };
}
