/** Command lines as a shell reads them, see `shlex` of Python. */

const QUOTE = "'\"'\"'"; // out of the quotes, a quoted quote, and in again
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Return a command of these words. @param {string[]} words */
export function joined(words) {
  return words.map(quoted).join(" ");
}

/** @param {string} word */
function quoted(word) {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", QUOTE)}'`;
}
