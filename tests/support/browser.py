"""The page as the tests see it: served on this machine, with models of their own, and opened in Chromium."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import tiny

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

ODD_IMAGES = tiny.SHARED_DATA / "odd-images"
EXAMPLES = tiny.ROOT / "rnnformer_demo/ui/examples"
CHINESE = ("房间很干净，服务员也热情。", "屏幕有坏点，再也不会买了。")
FAMILY = {  # what the cards of `save_family` say beyond the figures, by name, in the order in which the page lists them
    "sentiment-en": {"task": "Sentiment of English film reviews", "examples": list(tiny.SENTENCES[:2])},
    "mine": {},
    "orphan": {"baseline_of": "gone", "task": "Anything."},
    "sentiment-zh": {
        "task": "Sentiment of Chinese reviews of hotels, books, computers, fruit, shampoo and mobile telephones.",
        "limits": "It knows two answers, <b>no neutral</b>",
        "examples": list(CHINESE),
    },
    "sentiment-zh-lstm": {"baseline_of": "sentiment-zh"},
    "sentiment-zh-transformer": {"baseline_of": "sentiment-zh", "examples": list(CHINESE[1:])},
}
REQUIRED = os.environ.get("RNNFORMER_REQUIRE_BROWSER") == "1"
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
PATIENCE = 60  # seconds that a busy machine may take for what a visitor waits for


def save_family(folder: Path) -> Path:
    """Saves small untrained text models, hybrids and rivals, that read English and Chinese; gives the folder."""
    from rnnformer_demo.checkpoints import store
    from rnnformer_demo.data.text import TextReader, train_tokenizer

    reader = TextReader(train_tokenizer((*tiny.SENTENCES, *CHINESE) * 2, 150), max_tokens=32)
    patterns = {"lstm": {"recurrence": ("lstm",), "attention_layers": 0}, "transformer": {"recurrence": ()}}
    for name, card in FAMILY.items():
        pattern = patterns.get(name.rpartition("-")[2], {})
        model = tiny.model("text", vocabulary=reader.tokenizer.get_vocab_size(), **pattern)
        about = {"metrics": {"held_out": {"n": 9, "accuracy": 0.5}}, "data": {}, "command": "none", **card}
        store.save(name, model, reader, about, recorded_text=CHINESE[0], folder=folder)
    return folder


@contextmanager
def served(folder: Path, checkpoints: Path | None = None, few_orders: bool = True) -> Iterator[str]:
    """Serves the page and gives its address; uploads and pictures lie in `folder`.

    Args:
        checkpoints: their folder; by default, the shipped ones.
        few_orders: whether trust is measured among 20 random orders, whatever they decide: the page opens with an
            analysis, and more orders would only take time where trust is not what is tested.
    """
    from rnnformer_demo.api.server.running import Server, listening
    from rnnformer_demo.api.server.settings import read_settings
    from rnnformer_demo.interpret.trust import faithfulness
    from rnnformer_demo.ui import build_page
    from rnnformer_demo.ui.serve import application

    with pytest.MonkeyPatch.context() as patch:
        if few_orders:
            patch.setattr(faithfulness, "STAGES", faithfulness.STAGES[:1])
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        if checkpoints:
            patch.setenv("RNNFORMER_CHECKPOINTS", str(checkpoints))
        settings = read_settings()
        page, bound = build_page(settings), listening("127.0.0.1", 0)
        server = Server(application(page, settings), 0, lambda: 0, lambda: None)
        thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}/"
        finally:
            page.close(verbose=False)
            server.should_exit = True
            thread.join()


@contextmanager
def chromium() -> Iterator:
    """A Chromium that is installed on this machine. Where there is none: skips, or fails if one is required."""
    from rnnformer_demo.bench import browser as bench
    from rnnformer_demo.data import InputError

    with ExitStack() as stack:
        try:
            browser = stack.enter_context(bench.chromium())
        except InputError as error:
            (pytest.fail if REQUIRED else pytest.skip)(str(error))
        from playwright.sync_api import expect

        expect.set_options(timeout=1000 * PATIENCE)
        yield browser


class Visit:
    """A page in a context of its own that remembers what must not happen.

    Attributes:
        page: Playwright's page, open at the address.
        outside: addresses on other machines that were asked for; each request was aborted.
        errors: errors on the console, and exceptions of scripts.
    """

    def __init__(self, browser, address: str, width: int = 1280, tour: bool = False):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, service_workers="block")
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.context.route("**/*", self._stop_outside)
        if not tour:  # as for somebody who has taken it: it would lie over what is tested
            self.context.add_init_script("try { localStorage.setItem('rnnformer-tour', 'taken') } catch {}")
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
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


class Opened(Visit):
    """A report that is open from the disk, without a network, with all that it asked for and said on the console."""

    def __init__(self, browser, path: Path, width: int = 1280, ready: str = "#report .takeaway"):
        self.path = path
        self.asked: list[str] = []
        self.said: list[str] = []
        super().__init__(browser, "about:blank", width)
        self.context.set_offline(True)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.goto(path.as_uri())
        self.page.locator(ready).wait_for()

    def title(self, view: str):
        """The heading of a view."""
        return self.page.locator(f"#view-{view} h2")

    def close(self) -> None:
        """Close it, and check that it has asked for nothing but itself and said nothing."""
        self.context.close()
        assert (self.said, self.errors) == ([], [])
        assert {urlsplit(url).scheme for url in self.asked} <= {"file", "blob", "data"}
        assert [url for url in self.asked if url.startswith("file:")] == [self.path.as_uri()]


def upload(page, photo: Path) -> None:
    """Chooses a photo, and waits until its answer stands in the place of that of the example, with which the page
    opens: before, the views are still the example's, and go."""
    from playwright.sync_api import expect

    answer = page.locator(".answer:visible")
    answer.wait_for()
    answer.evaluate("answer => answer.classList.add('of-example')")
    page.locator(".workbench:not([hidden]) input[type=file]").set_input_files(photo)
    expect(page.locator(".answer.of-example")).to_have_count(0)
    answer.wait_for()


@contextmanager
def checked(visit: Visit) -> Iterator[Visit]:
    """Yields a visit, and checks its end: nothing left the machine, nothing went wrong on the console."""
    yield visit
    visit.context.close()
    assert (visit.outside, visit.errors) == ([], [])


def written(folder: Path, name: str, document) -> Path:
    """The file of a report; each is written once, with one dot in place of all figures, as those take time to draw."""
    from rnnformer_demo.report import render

    path = folder / f"{name}.html"
    if not path.exists():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(import_module("rnnformer_demo.report.render"), "_picture", lambda *_: DOT)
            path.write_text(render(document), encoding="utf-8")
    return path
