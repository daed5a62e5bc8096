// Makes modules of the inlined sources, as a page that is opened from a disk may load none by its path, and starts them.
(async () => {
  const root = document.documentElement;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const pictures = () => document.getElementById("pictures");
  // Pictures are for those who have no JavaScript, or ask for them.
  root.classList.add("live");
  root.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
  const whole = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  try {
    const { modules, views } = read("explorer");
    const urls = {};
    for (const [path, source] of Object.entries(modules)) {
      const linked = source.replace(/^(import [^"]*")(\.[^"]+)(";)$/gm, (_, before, imported, after) => {
        return before + urls[new URL(imported, `file:///${path}`).pathname.slice(1)] + after;
      });
      urls[path] = URL.createObjectURL(new Blob([linked, `\n//# sourceURL=${path}`], { type: "text/javascript" }));
    }
    const { start } = await import(urls["report.js"]);
    await whole;
    pictures().open = false;
    await start({
      element: document.getElementById("report"),
      analysis: read("document"),
      views,
      load: (name) => import(urls[`views/${name}.js`]),
    });
  } catch (error) {
    await whole;
    pictures().open = true;
    console.error(error);
  }
  root.classList.remove("live");
})();
