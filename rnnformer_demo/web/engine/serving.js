/** The script of the workers in a pool: each runs programs for the worker that started it, and knows nothing else. */

import { runner } from "./runner.js";

/** @type {((task: import("./runner.js").Task) => void) | undefined} */
let run;

self.onmessage = ({ data }) => {
  if (data.runtime) run = runner(data.runtime);
  else run?.(data);
};
