/** The page of the static build: the same app, on the engine in the browser. */

import { App } from "./app.js";
import { LocalEngine } from "./engine/local.js";
import { Files } from "./engine/files.js";

const mount = /** @type {HTMLElement} */ (document.querySelector(".mount"));
const dark = matchMedia("(prefers-color-scheme: dark)");
const toggle = () => document.body.classList.toggle("dark", dark.matches);
dark.addEventListener("change", toggle);
toggle();

async function start() {
  const files = await Files.at(new URL(".", document.baseURI).href);
  const [catalogue, views] = await Promise.all([files.json("data/catalogue.json"), files.json("data/views.json")]);
  const engine = new LocalEngine(files, mount.dataset.software ?? "");
  engine.start(); // while the page is being built
  const app = new App({ engine, catalogue, views, load: (path) => import(`./${path}`) });
  await app.start(mount);
  await navigator.serviceWorker?.register("sw.js").catch(() => {}); // it is not to be had over plain http
}

start().catch((error) => {
  mount.textContent = error.message;
  console.error(error);
});
