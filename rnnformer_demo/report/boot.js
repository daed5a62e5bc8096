// Makes modules of the inlined sources, as a page that is opened from a disk may load none by its path, and starts them.
(async () => {
  const root = document.documentElement;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const pictures = () => document.getElementById("pictures");
  // Pictures are for those who have no JavaScript, or ask for them.
  root.classList.add("live");
  root.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
  const whole = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));

  const scriptOf = (...parts) => URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));

  /** Return the addresses of modules by their paths, each linked to those that it imports. */
  function linked(modules, scriptOf) {
    const urls = {};
    for (const [path, source] of Object.entries(modules)) {
      const own = source.replace(/(^import [^"]*"|\bawait import\(")(\.[^"]+)(?=")/gm, (_, before, imported) => {
        return before + urls[new URL(imported, `file:///${path}`).pathname.slice(1)];
      });
      urls[path] = scriptOf(own, `\n//# sourceURL=${path}`);
    }
    return urls;
  }

  /** Import a module in a worker; messages that come before it is there wait. */
  function begin(url) {
    const early = [];
    self.onmessage = (message) => early.push(message);
    import(url).then(
      () => early.forEach((message) => self.onmessage(message)),
      (error) => setTimeout(() => Promise.reject(error)), // so that the page hears of it
    );
  }

  try {
    const { entry, modules, ...options } = read("explorer");
    const urls = linked(modules, scriptOf);
    // On a disk, a worker can be no module, and gets none of the page: it makes its own.
    const worker = (path) => {
      const script = `const scriptOf=${scriptOf};(${begin})((${linked})(${JSON.stringify(modules)},scriptOf)["${path}"]);`;
      return new Worker(scriptOf(script));
    };
    const load = (path) => import(urls[path]);
    const { start } = await load(entry);
    await whole;
    pictures().open = false;
    await start({ element: document.getElementById("report"), analysis: read("document"), load, worker, ...options });
  } catch (error) {
    await whole;
    pictures().open = true;
    console.error(error);
  }
  root.classList.remove("live");
})();
