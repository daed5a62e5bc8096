/** The page: header, the pages "text", "photo", "models" and "claims", and the language. Gradio mounts it. */

import { App } from "./app.js";
import { ServerEngine } from "./engine/server.js";

/**
 * Start the page inside an element.
 * @param {HTMLElement} element
 * @param {{catalogue: any, views: import("./explorer.js").ViewEntry[]}} props
 */
export async function start(element, { catalogue, views }) {
  const engine = ServerEngine.ofPage(/** @type {any} */ (window).gradio_config);
  const app = new App({ engine, catalogue, views, load: (path) => import(`./${path}`) });
  await app.start(element);
}
