/** Notices about changes of a text that the visitor cannot see. */

import { codePointName } from "./characters.js";

/** @typedef {import("./alignment.js").Edit} Edit */

const MOST_NAMED = 3; // changes that a notice names
const RADICAL = /^[\u2e80-\u2fdf]/;

/** @type {Record<string, (text: string, edits: Edit[]) => string[]>} what is said of the edits of a step, by its name */
const NOTICES = {
  entities: ofEntities,
  invisible: ofInvisible,
  letters: ofLetters,
  signs: ofRadicals,
  compatibility: ofRadicals,
};

/**
 * Return sentences about the edits of a step.
 * @param {string} step @param {string} text before them @param {Edit[]} edits
 */
export const noticesOf = (step, text, edits) => (edits.length ? (NOTICES[step]?.(text, edits) ?? []) : []);

function ofEntities(/** @type {string} */ text, /** @type {Edit[]} */ edits) {
  const entities = edits.map(([start, end]) => text.slice(start, end));
  return [`HTML entities were read as the characters that they stand for: ${listed(entities)}.`];
}

function ofInvisible(/** @type {string} */ text, /** @type {Edit[]} */ edits) {
  const signs = edits.map(([start, end]) => codePointName(text.slice(start, end)));
  return [`Invisible characters were left out, ${edits.length} in all: ${listed(signs)}.`];
}

function ofLetters(/** @type {string} */ text, /** @type {Edit[]} */ edits) {
  const changes = edits.map(([start, end, letter]) => `${text.slice(start, end)} (${codePointName(text.slice(start, end))}) = ${letter}`);
  return [`Letters that look like Latin ones were read as those: ${listed(changes)}.`];
}

function ofRadicals(/** @type {string} */ text, /** @type {Edit[]} */ edits) {
  const radicals = edits.filter(([start]) => RADICAL.test(text[start])).map(([start, end, sign]) => `${text.slice(start, end)} = ${sign}`);
  return radicals.length ? [`Radicals were read as the characters that look like them: ${listed(radicals)}.`] : [];
}

/** Return the first of some changes, each once. */
function listed(/** @type {string[]} */ changes) {
  const different = [...new Set(changes)];
  return different.slice(0, MOST_NAMED).join(", ") + (different.length > MOST_NAMED ? " …" : "");
}
