"""The page as the tests see it: served on this machine, and opened in Chromium."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

ODD_IMAGES = Path(__file__).resolve().parents[2] / "shared/data/odd-images"
EXAMPLES = Path(__file__).resolve().parents[1] / "rnnformer_demo/ui/examples"
REQUIRED = os.environ.get("RNNFORMER_REQUIRE_BROWSER") == "1"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serves the page with the shipped checkpoints and gives its address; uploads and pictures lie in `folder`."""
    from rnnformer_demo.ui import build_page, launch_options

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        page = build_page()
        _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
        try:
            yield address
        finally:
            page.close(verbose=False)


@contextmanager
def chromium() -> Iterator:
    """A Chromium that is installed on this machine. Where there is none: skips, or fails if one is required."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        executable, reason = None, "playwright is not installed: pip install -r tests/requirements.txt"
    else:
        reason = "no Chromium was found on this machine: apt-get install chromium"
    if executable is None:
        (pytest.fail if REQUIRED else pytest.skip)(reason)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield browser
        browser.close()


class Visit:
    """A page in a context of its own that remembers what must not happen.

    Attributes:
        page: Playwright's page, open at the address.
        outside: addresses on other machines that were asked for; each request was aborted.
        errors: errors on the console, and exceptions of scripts.
    """

    def __init__(self, browser, address: str, width: int = 1280):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, service_workers="block")
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.context.route("**/*", self._stop_outside)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.goto(address)

    def _stop_outside(self, route) -> None:
        if urlsplit(route.request.url).hostname in ("localhost", "127.0.0.1", None):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
