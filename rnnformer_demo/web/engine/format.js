/** Numbers and texts in sentences, written as Python writes them. */

const EXACT = 60; // decimals at which a number beside a tie would show that it is none

/**
 * Return a number with so many decimals; what lies half-way between two goes to the even one.
 * @param {number} value @param {number} decimals
 */
export function fixed(value, decimals) {
  if (Object.is(value, -0)) return `-${fixed(0, decimals)}`;
  const exact = value.toFixed(decimals + EXACT);
  const kept = exact.slice(0, decimals ? exact.length - EXACT : exact.length - EXACT - 1);
  const isTie = /^50*$/.test(exact.slice(-EXACT));
  return isTie && Number(kept.at(-1)) % 2 === 0 ? kept : value.toFixed(decimals);
}

/** Return a number rounded to so many decimals, as Python's `round`. @param {number} value @param {number} decimals */
export function rounded(value, decimals) {
  return Number(fixed(value, decimals));
}

/** Return a share as a percentage. @param {number} share @param {number} decimals */
export function percent(share, decimals = 0) {
  return `${fixed(100 * share, decimals)}%`;
}

/** Return a whole number with commas between thousands. @param {number} value */
export function withCommas(value) {
  return value.toLocaleString("en-US");
}

/** Return the first characters of a text. @param {any} text @param {number} count */
export function cut(text, count) {
  return Array.from(String(text)).slice(0, count).join("");
}

/** @type {Record<string, string>} */
const ESCAPES = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Return a text in quotes, as Python's `repr`. @param {string} text */
export function quoted(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const signs = Array.from(text, (sign) => (sign === quote ? "\\" + sign : ESCAPES[sign] ?? shown(sign)));
  return quote + signs.join("") + quote;
}

/** Return a character, or its number where it is not to be seen. @param {string} sign */
function shown(sign) {
  if (sign === " " || !/[\p{C}\p{Z}]/u.test(sign)) return sign;
  const code = sign.codePointAt(0) ?? 0;
  const [letter, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}

/** Return a value of JSON as Python's `str` writes it. @param {any} value @returns {string} */
export function written(value) {
  return typeof value === "string" ? value : represented(value);
}

/** @param {any} value @returns {string} */
function represented(value) {
  if (typeof value === "string") return quoted(value);
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(represented).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).map(([key, each]) => `${quoted(key)}: ${represented(each)}`);
  return "{" + entries.join(", ") + "}";
}

const BLANKS = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const AROUND = new RegExp(`^${BLANKS}|${BLANKS}$`, "g");

/** Return a text without the blanks around it, as Python's `strip`. @param {string} text */
export function stripped(text) {
  return text.replace(AROUND, "");
}
