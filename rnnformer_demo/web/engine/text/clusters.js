/** Grapheme clusters, what a reader takes for one sign: a letter with its marks, an emoji with all its parts. */

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
// Texts of these alone have no cluster of several characters that a word may be part of.
const SINGLE = /^[\0-\u02ff\u2010-\u2027\u2030-\u205e\u3001-\u3029\u3400-\u9fff\uff01-\uff9d]*$/;
const MARK_AT_END = /[\p{M}\p{Cf}\p{Sk}]$/u;
const VIRAMA = "\u094d";
const KA = "\u0915";

/**
 * Return the start and end of each cluster of several characters in a text, but for three Vedic and Soyombo signs those that
 * Python's `regex` finds: that reads a newer version of Unicode, which puts these before the letters that follow.
 * @param {string} text @returns {[number, number][]}
 */
export function longClusters(text) {
  if (SINGLE.test(text)) return [];
  /** @type {[number, number][]} */
  const clusters = [];
  for (const { index, segment } of segmenter.segment(text)) {
    const last = clusters.at(-1);
    const before = last ? text.slice(...last) : "";
    if (last && MARK_AT_END.test(before) && goesOn(before, segment)) last[1] = index + segment.length;
    else clusters.push([index, index + segment.length]);
  }
  return clusters.filter(([start, end]) => end - start > ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1));
}

/**
 * Tell if Python's `regex` takes two of the browser's clusters for one: to it a virama joins the letter that follows
 * whatever stands before, as in Bengali "অ্যাপ", to Unicode only after a consonant. The browser's own tables of viramas,
 * marks and letters are asked by putting a consonant before them.
 * @param {string} before @param {string} after
 */
function goesOn(before, after) {
  const letter = String.fromCodePoint(/** @type {number} */ (after.codePointAt(0)));
  if (!isOne(KA + VIRAMA + letter)) return false;
  for (const mark of Array.from(before).reverse()) {
    if (isOne(KA + mark + letter)) return true; // a virama
    if (!isOne(KA + VIRAMA + mark + letter)) return false; // no mark that may stand after one
  }
  return false;
}

function isOne(/** @type {string} */ text) {
  const [first] = segmenter.segment(text);
  return first.segment.length === text.length;
}

/**
 * Return a span that takes in the whole of the clusters that it is part of.
 * @param {[number, number]} span @param {[number, number][]} clusters in order @returns {[number, number]}
 */
export function widened([start, end], clusters) {
  const first = clusters[lastUpTo(clusters, start)];
  const last = clusters[lastUpTo(clusters, end - 1)];
  return [first && start < first[1] ? first[0] : start, last && end - 1 < last[1] ? Math.max(end, last[1]) : end];
}

/** Return the index of the last cluster that starts at a place or before it; -1 for none. */
function lastUpTo(/** @type {[number, number][]} */ clusters, /** @type {number} */ place) {
  let [low, high] = [0, clusters.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (clusters[middle][0] <= place) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
