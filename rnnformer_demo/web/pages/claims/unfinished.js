/** Work on the server that a reload ends: the page knows it, and begins it anew. */

import { keep, stored } from "../../core/storage.js";

const key = (name) => `rnnformer-unfinished-${name}`;
let leaving = false; // the browser breaks requests off then, which is no end that anybody wanted
addEventListener("beforeunload", () => (leaving = true));

/** Note that work has begun. @param {string} name */
export const begun = (name) => keep(key(name), "begun", true);

/** Note that it has ended, unless it is the page that ends. @param {string} name */
export const ended = (name) => leaving || keep(key(name), "", true);

/** Return whether work was broken off. @param {string} name */
export const brokenOff = (name) => !!stored(key(name), true);
