/** Model of the letters of words: each by the two before it, smoothed by shorter contexts (Witten & Bell 1991). */

/**
 * @typedef {[string, string, string]} Gram a letter with the two before it
 * @typedef {Map<string, number>} Counts
 */

const ORDERS = [0, 1, 2]; // letters of the context

export class Spelling {
  /** @param {string[]} words which it learns from, in lower case */
  constructor(words) {
    /** @type {Counts[]} of 1, 2 and 3 letters */
    this.counts = ORDERS.map(() => new Map());
    /** @type {Counts[]} of what stands before the last */
    this.contexts = ORDERS.map(() => new Map());
    /** @type {Counts[]} of different letters after each */
    this.kinds = ORDERS.map(() => new Map());
    for (const { gram, count } of counted(words)) {
      for (const order of ORDERS) {
        const { all, before } = endOf(gram, order);
        if (!this.counts[order].has(all)) add(this.kinds[order], before, 1);
        add(this.counts[order], all, count);
        add(this.contexts[order], before, count);
      }
    }
  }

  /** Return the mean natural logarithm of the probability of each letter of a word, its end included; below 0. @param {string} word */
  logLikelihood(word) {
    const grams = gramsOf(word);
    return grams.reduce((total, gram) => total + Math.log(this.#probability(gram)), 0) / grams.length;
  }

  #probability(/** @type {Gram} */ gram) {
    let probability = 1 / ((this.kinds[0].get("") ?? 0) + 1); // of a letter that no word has, too
    for (const order of ORDERS) {
      const { all, before } = endOf(gram, order);
      const kinds = this.kinds[order].get(before) ?? 0;
      const seen = this.contexts[order].get(before);
      if (seen) probability = ((this.counts[order].get(all) ?? 0) + kinds * probability) / (seen + kinds);
    }
    return probability;
  }
}

/** Return the different grams of words, and how often each stands there. @param {string[]} words */
function counted(words) {
  /** @type {Map<string, {gram: Gram, count: number}>} */
  const found = new Map();
  for (const word of words) {
    for (const gram of gramsOf(word)) {
      const key = gram[0] + gram[1] + gram[2];
      const known = found.get(key);
      if (known) known.count += 1;
      else found.set(key, { gram, count: 1 });
    }
  }
  return found.values();
}

/** Return each letter of a word, and its end, with the two before it. @param {string} word @returns {Gram[]} */
function gramsOf(word) {
  const framed = ["^", "^", ...word, "$"];
  return framed.slice(2).map((letter, place) => [framed[place], framed[place + 1], letter]);
}

/** Return the last letter of a gram with so many before it, and those alone. @param {Gram} gram @param {number} order */
function endOf([first, second, letter], order) {
  const before = ["", second, first + second][order];
  return { all: before + letter, before };
}

/** @param {Counts} counts @param {string} key @param {number} count */
function add(counts, key, count) {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
