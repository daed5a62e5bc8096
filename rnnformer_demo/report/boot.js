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
    const { entry, modules, ...options } = read("explorer");
    const urls = {};
    const address = (path) => urls[path];
    for (const [path, source] of Object.entries(modules)) {
      const linked = source.replace(/(^import [^"]*"|\bawait import\(")(\.[^"]+)(?=")/gm, (_, before, imported) => {
        return before + address(new URL(imported, `file:///${path}`).pathname.slice(1));
      });
      urls[path] = URL.createObjectURL(new Blob([linked, `\n//# sourceURL=${path}`], { type: "text/javascript" }));
    }
    const { start } = await import(address(entry));
    await whole;
    pictures().open = false;
    await start({ element: document.getElementById("report"), analysis: read("document"), address, ...options });
  } catch (error) {
    await whole;
    pictures().open = true;
    console.error(error);
  }
  root.classList.remove("live");
})();
