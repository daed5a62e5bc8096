"""The page in Chromium: times that a visitor waits, steadiness, and screenshots. Needs Playwright and Chromium."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..data import InputError
from .page import server
from .timing import LONG_TEXT, TEXTS, median

WIDTHS = (1440, 1024, 390)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PATIENCE = 120_000  # milliseconds
_MOVES = 60  # of the cursor in each measurement
_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1440, "height": 900}
_THROTTLED = 4  # times slower, as a phone is
# Moves the cursor with the mouse and returns the milliseconds until the frame with the answer is painted.
_MOVE = """async (moves) => {
  const words = [...document.querySelectorAll("#view-words .word")];
  const took = [];
  for (let i = 0; i < moves; i += 1) {
    const word = words[(i * 7) % words.length];
    const started = performance.now();
    word.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse" }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    took.push(performance.now() - started);
  }
  return took;
}"""
_SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


def in_browser() -> dict[str, Any]:
    """Measure the page in Chromium: layout shift, first prediction after typing, moves of the cursor.

    Raises:
        InputError: where Playwright or Chromium is not installed.
    """
    figures: dict[str, Any] = {}
    with server("app.py") as (address, _, _), chromium() as browser:
        page = browser.new_page(viewport=_DESK)
        page.set_default_timeout(_PATIENCE)
        page.add_init_script(f"({_SHIFTS})()")
        page.goto(address)
        wait_until_done(page)
        figures["first_prediction_ms"] = median([_first_prediction(page, text) for text in TEXTS[:3]], 0)
        figures["layout_shift"] = round(page.evaluate("window.shift"), 3)
        for name, text, viewport, slower in (
            ("words_60", " ".join(TEXTS[-1].split()[:60]), _DESK, 1),
            ("tokens_400", LONG_TEXT, _DESK, 1),
            ("phone_tokens_400", LONG_TEXT, _PHONE, _THROTTLED),
        ):
            page.set_viewport_size(viewport)
            _first_prediction(page, text)
            wait_until_done(page)
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
            took = sorted(page.evaluate(_MOVE, _MOVES))
            session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            figures[f"cursor_{name}_p95_ms"] = round(took[int(0.95 * len(took))], 1)
    return figures


def screenshots(folder: Path) -> list[Path]:
    """Take pictures of the page: three widths, light and dark, both languages; return their paths.

    Raises:
        InputError: see `in_browser`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with server("app.py") as (address, _, _), chromium() as browser:
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                for language in ("en-US", "zh-CN"):
                    context = browser.new_context(
                        viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language
                    )
                    context.add_init_script('localStorage.setItem("rnnformer-tour", "seen")')
                    page = context.new_page()
                    page.set_default_timeout(_PATIENCE)
                    for name in ("text", "photo", "models"):
                        page.goto(f"{address}#/{name}")
                        page.reload()
                        wait_until_done(page)
                        paths.append(folder / f"{name}-{width}-{scheme}-{language[:2]}.png")
                        page.screenshot(path=paths[-1], full_page=True)
                    context.close()
    return paths


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a Chromium.

    Raises:
        InputError: where Playwright or Chromium is not installed.
    """
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise InputError("Playwright is not installed: pip install -r tests/requirements.txt.") from error
    if executable is None:
        raise InputError("No Chromium was found on this machine: install it, such as by apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def wait_until_done(page: Any) -> None:
    """Wait until nothing is computed any more and the page shows a result, or all cards of models."""
    page.wait_for_function(
        """() => {
          const shown = [...document.querySelectorAll("#rnnformer-main > *")].find((part) => !part.hidden);
          const working = '.busy, .panel:not([hidden]) > [aria-busy="true"]';
          if (!shown || shown.querySelector(working)) return false;
          return shown.querySelector(".panel:not([hidden])") || "done" in shown.dataset;
        }"""
    )
    page.wait_for_timeout(300)


def _first_prediction(page: Any, text: str) -> float:
    """Type a text, press Enter, and return the milliseconds until its prediction is shown."""
    page.locator("textarea:visible").first.fill(text)
    return page.evaluate(
        """async () => {
          const area = [...document.querySelectorAll("textarea")].find((each) => each.offsetParent);
          const shown = () => document.querySelector("#view-prediction .panel-body")?.firstElementChild ?? null;
          const before = shown();
          const started = performance.now();
          area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
          while (!shown() || shown() === before) await new Promise((next) => setTimeout(next, 2));
          return performance.now() - started;
        }"""
    )
