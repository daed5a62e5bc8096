/** The last analysis of a page, kept until the tab is closed: a reload shows it at once. */

import * as address from "../address.js";
import { keep, stored } from "../core/storage.js";
import { SECTIONS } from "../session.js";

/**
 * @typedef {object} Kept an analysis
 * @property {any} place its address @property {any} document @property {any} request that it answers
 * @property {string} typed in the input @property {boolean} [unfinished] whether trust is still to be measured
 */

const MOST = 4_000_000; // letters: browsers keep about five million in all

/** Return the part of an address that an analysis depends on. @param {import("../address.js").Place} place */
const inputOf = ({ view, ...rest }) => address.href(/** @type {any} */ (rest));

/**
 * Keep the analysis of a page, unless it is too large or unfinished.
 * @param {import("./workbench.js").Workbench} workbench
 */
export function remember({ page, place, store, session, input }) {
  const { document: analysis } = store;
  // Trust takes longest: it can be measured again. A page that is left has ended its work already.
  const unfinished = [...session.running.keys(), ...store.stale].some((name) => name !== "trust");
  if (!place || unfinished || !SECTIONS.every((name) => analysis && name in analysis)) return;
  const text = JSON.stringify({ place, document: analysis, request: session.request, typed: input.text });
  keep(`rnnformer-${page}`, text.length <= MOST ? text : "", true);
}

/**
 * Return the analysis that was kept of an address, or the last one; null where there is none.
 * @param {import("./workbench.js").Workbench} workbench @param {any} wanted an address; null: the last one
 * @returns {Kept | null}
 */
export function recall({ page, input }, wanted) {
  const text = stored(`rnnformer-${page}`, true);
  if (!text) return null;
  const kept = JSON.parse(text);
  const known = input.models.some(({ name }) => name === kept.document.model.name);
  return known && (!wanted || inputOf(kept.place) === inputOf(wanted)) ? { ...kept, unfinished: !kept.document.trust } : null;
}
