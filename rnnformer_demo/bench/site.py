"""The static site in Chromium: what a first visit fetches, and how long analyses take there and their trust cards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from ..data import InputError
from .browser import chromium, wait_until_done
from .timing import PHOTO_MODEL, TEXT_MODEL, inputs, median

_PATIENCE = 600_000  # milliseconds
_WORDS_20 = "I went in with low hopes, but the two leads are so warm and funny that I smiled all the way through."
_SECTIONS = ("attribution", "attention", "recurrence", "prefixes", "interventions")
# Opens the site's engine beside the page, and returns the milliseconds of an analysis with further steps.
_ANALYSE = """async ({ folder, request, steps }) => {
  const { Files } = await import(`./${folder}/engine/files.js`);
  const { LocalEngine } = await import(`./${folder}/engine/local.js`);
  globalThis.engine ??= new LocalEngine(await Files.at(new URL(".", document.baseURI).href), "bench");
  const started = performance.now();
  let found = {};
  const sections = (changed) => (found = { ...found, ...changed });
  await engine.analyse(request, { sections });
  for (const step of steps) await engine.extend(found, [step], { sections });
  return performance.now() - started;
}"""


def of_site(folder: Path, runs: int) -> dict[str, Any]:
    """Measure a site that holds `TEXT_MODEL` and `PHOTO_MODEL`, or one of them.

    The processor's time is that of the busiest thread of the browser: where nothing else is to be done, a visitor waits
    about as long.

    Args:
        runs: analyses for each figure, of which the median counts; the programs are opened before.

    Raises:
        InputError: for a folder that holds no site, and where Playwright or Chromium is not installed.
    """
    scripts = next(folder.glob("web-*"), None)
    if scripts is None:
        raise InputError(f"{folder} holds no site: make one by python -m rnnformer_demo site --out {folder}.")
    photo = {"example": inputs()[1].name}
    trust = {"section": "trust"}
    asked = {
        "text_20_words_with_trust": (TEXT_MODEL, _WORDS_20, _SECTIONS, [trust]),
        "photo_with_occlusion": (PHOTO_MODEL, photo, _SECTIONS, [{"section": "attribution", "method": "occlusion"}]),
        "photo_trust": (PHOTO_MODEL, photo, ("attribution",), [trust]),
    }
    figures: dict[str, Any] = {"runs": runs, "processors": os.cpu_count()}
    with served(folder) as address, chromium() as browser:
        figures |= _first_visit(browser, f"{address}/")
        page = browser.new_page(service_workers="block")
        page.set_default_timeout(_PATIENCE)
        page.route("**/site.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page.goto(f"{address}/")
        for name, (model, source, wanted, steps) in asked.items():
            if not (folder / "models" / model).exists():
                continue
            request = {"model": model, "source": source, "wanted": wanted}
            argument = {"folder": scripts.name, "request": request, "steps": steps}
            page.evaluate(_ANALYSE, argument)
            waits, works = zip(*(_measured(page, argument) for _ in range(runs)), strict=True)
            figures |= {f"{name}_s": median(list(waits)), f"{name}_busiest_thread_s": median(list(works))}
    return figures


def _measured(page: Any, argument: dict[str, Any]) -> tuple[float, float]:
    """Return the seconds of an analysis, and those of the processor in the busiest thread of the browser."""
    before = _thread_seconds()
    waited = page.evaluate(_ANALYSE, argument) / 1000
    return waited, max(spent - before.get(thread, 0.0) for thread, spent in _thread_seconds().items())


def _thread_seconds() -> dict[str, float]:
    """Return the processor's seconds of each thread of pages, on Linux."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" not in (process / "cmdline").read_bytes():
                continue
            for thread in (process / "task").iterdir():
                found[thread.name] = int((thread / "schedstat").read_text().split()[0]) / 1e9
        except OSError:  # it has ended
            continue
    return found


def _first_visit(browser: Any, address: str) -> dict[str, float]:
    """Return the megabytes and the seconds of a first visit until the first analysis is shown, trust card excluded."""
    context = browser.new_context(service_workers="block")
    sizes: list[int] = []
    context.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    page.goto(address)
    page.locator(".answer:visible").wait_for()
    answered = page.evaluate("performance.now()") / 1000
    wait_until_done(page)
    context.close()
    return {"first_visit_mb": round(sum(sizes) / 1e6, 2), "first_visit_answer_s": round(answered, 2)}


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".js": "text/javascript"}

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine, and yield its address without a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
