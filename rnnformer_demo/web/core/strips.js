/** A value among its random controls, and bars of shares: plain boxes, so that letters beside them keep their size. */

import { h } from "./dom.js";

const Z = 1.959964; // of a 95 % interval

/**
 * Return Wilson's 95 % interval of a share.
 * @param {number} share 0-1 @param {number} count of what it was counted in
 * @returns {[number, number]} 0-1
 */
export function wilson(share, count) {
  const weight = Z ** 2 / count;
  const middle = (share + weight / 2) / (1 + weight);
  const half = (Z / (1 + weight)) * Math.sqrt((share * (1 - share)) / count + weight / (4 * count));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * Return a strip: a line from the 5th to the 95th percentile of the controls, a box around their middle half, ticks at the
 * least, the median and the largest, and a diamond at the value.
 * @param {object} options
 * @param {number[]} options.controls the least, percentiles 5, 25, 50, 75 and 95, the largest; may be empty
 * @param {number | null} options.value null draws nothing
 * @param {number} options.worse value at the left end @param {number} options.better value at the right end
 * @param {string} [options.label] text alternative
 */
export function strip({ controls, value, worse, better, label }) {
  const at = (each) => (100 * (each - worse)) / (better - worse || 1);
  const span = (kind, a, b) => h("i", { class: kind, style: { left: `${Math.min(at(a), at(b))}%`, width: `${Math.abs(at(a) - at(b))}%` } });
  const tick = (kind, each) => h("i", { class: kind, style: { left: `${at(each)}%` } });
  const [least, low, first, median, third, high, largest] = controls;
  return h(
    "div",
    label ? { class: "strip", role: "img", "aria-label": label } : { class: "strip", "aria-hidden": "true" },
    controls.length === 7 ? [span("strip-line", low, high), span("strip-box", first, third)] : null,
    controls.length === 7 ? [tick("strip-end", least), tick("strip-end", largest), tick("strip-median", median)] : null,
    value === null ? null : tick("strip-value", value),
  );
}

/**
 * Return a bar from 0 to a share; what it says must stand beside it in words.
 * @param {number} share 0-1, or -1 to 1 where zero lies in the middle
 * @param {{middle?: boolean, kind?: string, at?: number | null}} [options] `at` draws a line at another share
 */
export function shareBar(share, { middle = false, kind = "", at = null } = {}) {
  const place = (value) => (middle ? 50 + 50 * value : 100 * value);
  const zero = middle ? 50 : 0;
  const end = place(Math.max(-1, Math.min(1, share)));
  return h(
    "span",
    { class: `share-bar ${kind}`, "aria-hidden": "true" },
    h("i", { class: "share-fill", style: { left: `${Math.min(zero, end)}%`, width: `${Math.abs(end - zero)}%` } }),
    middle ? h("i", { class: "share-zero" }) : null,
    at === null ? null : h("i", { class: "share-at", style: { left: `${place(at)}%` } }),
  );
}
