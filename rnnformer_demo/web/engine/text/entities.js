/** HTML's entities: what they stand for, as Python's `html` reads them. */

// What browsers read of the numbers from 128 on: the code page of Windows, which many pages once meant.
const WINDOWS = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
const NUMBER = /&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?/;
// An ampersand, also one that is escaped, and what it begins: a number, whose end browsers do not insist on, or a name.
const ENTITY = /&((?:amp;|#38;|#x26;)*)(#\p{Nd}{1,7};?|#x[0-9a-f]{1,6};?|[a-z][a-z0-9]{1,31};)?/giu;

/**
 * Return the edits that read the entities of a text as what they stand for, also those whose ampersand is escaped itself.
 * @param {string} text @param {Record<string, string>} names what entities stand for, by their names
 * @returns {import("./alignment.js").Edit[]}
 */
export function entityEdits(text, names) {
  if (!text.includes("&")) return [];
  /** @type {import("./alignment.js").Edit[]} */
  const edits = [];
  for (const { 0: all, 1: escaped, 2: sign = "", index } of text.matchAll(ENTITY)) {
    const meant = decoded(sign, names);
    if (meant !== null) edits.push([index, index + all.length, meant]);
    else if (escaped) edits.push([index, index + 1 + escaped.length, "&"]);
  }
  return edits;
}

/** Return what an entity without its ampersand stands for; null for what is none, such as "T;". */
function decoded(/** @type {string} */ sign, /** @type {Record<string, string>} */ names) {
  if (sign.startsWith("#")) {
    return `&${sign}`.replace(NUMBER, (_, hexadecimal, decimal) => character(hexadecimal ? parseInt(hexadecimal, 16) : Number(decimal)));
  }
  const name = sign.slice(0, -1);
  return Object.hasOwn(names, name) ? names[name] : null;
}

/** Return the character of a number; of those that HTML does not allow, what browsers show in its place, or nothing. */
function character(/** @type {number} */ code) {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  if (code === 0x0d) return "\r";
  if (code >= 0x80 && code <= 0x9f) return WINDOWS[code - 0x80];
  const control = (code < 0x20 && ![0x09, 0x0a, 0x0c].includes(code)) || code === 0x7f;
  const noncharacter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
  return control || noncharacter ? "" : String.fromCodePoint(code);
}
