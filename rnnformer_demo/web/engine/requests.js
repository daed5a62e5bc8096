/** What a request may hold, with the sentences of `api/steps.py` for what it may not. */

import { InputError } from "./errors.js";
import { cut, written } from "./format.js";

/** Return a text of a request, "" where there is none. @param {any} request @param {string} key @returns {string} */
export function textIn(request, key) {
  const value = request?.[key];
  if (value !== undefined && value !== null && typeof value !== "string") {
    throw new InputError(`${key} must be a text, got ${cut(written(value), 60)}.`);
  }
  return value || "";
}

/** Return the indices of units that a request names. @param {any} request @returns {number[]} */
export function unitsIn({ units }) {
  if (!Array.isArray(units) || !units.every(Number.isInteger)) throw new InputError("units must be a list of whole numbers.");
  return units;
}
