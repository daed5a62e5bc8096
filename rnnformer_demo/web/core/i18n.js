/** Languages: texts by key, one file a language; sentences of the server by their English pattern. */

/**
 * @typedef {{code: string, name: string, texts: Record<string, string>, messages: Record<string, string>}} Locale
 *   `texts` by key, with {name} where something is filled in; `messages` by the English sentence of the server, with {0},
 *   {1} … where that is filled in.
 * @typedef {((key: string, values?: Record<string, string | number>) => string) & {has: (key: string) => boolean}} Translate
 */

/**
 * Return the language to begin with: the one that was chosen, else the browser's first that there is.
 * @param {Record<string, any>} locales by code
 * @param {string | null} chosen
 */
export function firstLanguage(locales, chosen) {
  const wanted = [chosen, ...(navigator.languages ?? [])].map((code) => code?.split("-")[0] ?? "");
  return wanted.find((code) => code in locales) ?? "en";
}

/**
 * Return the function that looks texts up.
 * @param {Locale} locale
 * @returns {Translate}
 */
export function translator(locale) {
  const translate = (key, values = {}) => {
    const text = locale.texts[key];
    if (text === undefined) throw new Error(`there is no text ${key} in ${locale.code}`);
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
  return Object.assign(translate, { has: (/** @type {string} */ key) => key in locale.texts });
}

/**
 * Return the function that translates sentences of the server; those without a translation stay as they are.
 * @param {Locale} locale
 * @returns {(sentence: string) => string}
 */
export function messageTranslator(locale) {
  const patterns = Object.entries(locale.messages).map(([english, text]) => ({ pattern: patternOf(english), text }));
  const one = (sentence) => {
    for (const { pattern, text } of patterns) {
      const match = pattern.exec(sentence);
      if (match) return text.replace(/\{(\d+)\}/g, (_, index) => one(match[Number(index) + 1] ?? ""));
    }
    // A list in one sentence is translated part by part, but not within parentheses.
    const parts = sentence.split(/; (?![^(]*\))/);
    return parts.length > 1 ? parts.map(one).join("; ") : sentence;
  };
  return one;
}

/** Return what an error says, in the server's English. @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** Return the regular expression of an English sentence with {0}, {1} … in it, each number once. @param {string} english */
function patternOf(english) {
  const parts = english.split(/\{\d+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("([\\s\\S]*?)")}$`);
}

/** Write numbers as the language does. @param {string} code */
export function formatter(code) {
  const number = (fraction, options = {}) => {
    const format = new Intl.NumberFormat(code, { minimumFractionDigits: fraction, maximumFractionDigits: fraction, ...options });
    return (/** @type {number} */ value) => format.format(value).replace("-", "−");
  };
  const signed = {};
  const digits = (largest, more) => Math.min(6, Math.max(2, Math.ceil(1 - Math.log10(largest || 1)))) + more;
  return {
    /** 0.912 -> "91.2 %" */
    percent: number(1, { style: "percent" }),
    /** 0.912 -> "91 %" */
    wholePercent: number(0, { style: "percent" }),
    /** 0.3456 -> "+0.35" */
    signed: number(2, { signDisplay: "exceptZero" }),
    /**
     * Return what writes signed numbers of which the largest has at least two digits that count: 0.00123 -> "+0.0012". It
     * is asked for at each move of the cursor: formats take long to make.
     * @param {number} largest @param {number} [more] digits @returns {(value: number) => string}
     */
    signedUpTo: (largest, more = 0) => (signed[digits(largest, more)] ??= number(digits(largest, more), { signDisplay: "exceptZero" })),
    /** The same without a sign. @param {number} largest @param {number} [more] */
    upTo: (largest, more = 0) => number(digits(largest, more)),
    /** 0.3456 -> "0.346" */
    exact: number(3),
    /** 12.34 -> "12.3" */
    tenth: number(1),
    /** 1234 -> "1,234" */
    count: number(0),
  };
}
