/** Words of measurements in the visitor's language: titles, names and conditions, put together of parts. */

/** @typedef {{between: Record<string, string>, terms: Record<string, string>}} Words see ../../locales/claims/zh.js */

/**
 * Return the function that translates what a measurement says. It takes whole sentences first, then parts of them; what is
 * not known, such as the names of networks, stays as it is.
 * @param {Words} words `terms` by their English, with {0}, {1} … where a part is filled in; `between` the signs between parts
 * @returns {(sentence: string) => string}
 */
export function speaker({ between, terms }) {
  const signs = Object.keys(between);
  const patterns = Object.entries(terms)
    .filter(([english]) => english.includes("{0}"))
    .sort(([one], [other]) => other.length - one.length) // what says more goes first: "{0} to {1}" fits much
    .map(([english, text]) => ({ pattern: patternOf(english), text, parted: signs.some((sign) => english.includes(sign)) }));
  const filled = (sentence, parted) => {
    for (const { pattern, text } of patterns.filter((each) => each.parted === parted)) {
      const match = pattern.exec(sentence);
      if (match) return text.replace(/\{(\d+)\}/g, (_, index) => say(match[Number(index) + 1]));
    }
    return null;
  };
  const say = (sentence) => {
    if (sentence in terms) return terms[sentence];
    const sign = signs.find((each) => sentence.includes(each));
    const apart = () => sign && sentence.split(sign).map(say).join(between[sign]);
    return filled(sentence, true) ?? apart() ?? filled(sentence, false) ?? sentence;
  };
  return say;
}

/** A part that is filled in holds no sign that parts a sentence. @param {string} english */
function patternOf(english) {
  const fixed = english.split(/\{\d+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${fixed.join("([^,:;]+?)")}$`);
}
