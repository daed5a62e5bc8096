/** Predictions on the way: what the model believes after a part of a scan. */

import { decode } from "./arrays.js";

/** Return (classes) the probabilities after a part. @param {any} scan @param {number} part */
export function sharesAfter({ probabilities }, part) {
  const { data, shape } = decode(probabilities);
  return data.subarray(part * shape[1], (part + 1) * shape[1]);
}

/** Return the most probable class after a part, and its probability. @param {any} document @param {any} scan @param {number} part */
export function beliefAfter({ model }, scan, part) {
  const shares = sharesAfter(scan, part);
  const share = Math.max(...shares);
  return { label: model.labels[shares.indexOf(share)], share };
}

/** Return the first part that holds so many words or lines; -1 for none. @param {any} scan @param {number} count */
export const partWith = (scan, count) => scan.positions.findIndex((position) => position >= count);

/** Return the scan of a text that is read as people read. @param {any} document */
export const fromTheStart = (document) => (document.prefixes ?? []).find(({ scan }) => scan === "from the start");
