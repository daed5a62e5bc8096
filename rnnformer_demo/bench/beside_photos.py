"""Waiting time of a line of text while three other visitors keep the models busy with photos."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .page import Page, server
from .timing import PHOTO_MODEL, TEXT_MODEL, TEXTS, inputs, median, seconds_of

_KEPT = ("schema", "model", "input", "prediction", "provenance", "attribution")  # which the browser sends back


def text_beside_photos(runs: int) -> dict[str, Any]:
    """Measure the analysis of a line of text while one visitor analyses photos and two have their trust measured."""
    _, photo = inputs()
    with server("app.py") as (address, _, _), _busy(address, photo):
        page = Page(address)
        predictions, analyses = [], []
        for _ in range(runs):
            analyses.append(seconds_of(lambda: predictions.append(page.analyse(TEXT_MODEL, TEXTS[0])["prediction"])))
    return {
        "text_beside_photos_prediction_p50_s": median(predictions),
        "text_beside_photos_prediction_slowest_s": round(max(predictions), 3),
        "text_beside_photos_click_p50_s": median(analyses),
    }


@contextmanager
def _busy(address: str, photo: Path) -> Iterator[None]:
    """Keep a server busy with photos; begin when each of the visitors has had an answer."""
    stopped, errors = threading.Event(), []
    document = _document(Page(address), photo)
    trust = {"document": {key: document[key] for key in _KEPT}, "steps": [{"section": "trust"}]}

    def repeat(work: Callable[[Page], object], started: threading.Event) -> None:
        page = Page(address)
        try:
            while not stopped.is_set():
                work(page)
                started.set()
        except Exception as error:
            errors.append(error)
            started.set()

    def analyse(page: Page) -> None:
        page.analyse(PHOTO_MODEL, page.upload(photo))

    def measure(page: Page) -> None:
        page.outputs(page.event("page_measure"), [trust])

    visitors = []
    for work in (analyse, measure, measure):
        started = threading.Event()
        visitors.append((threading.Thread(target=repeat, args=(work, started)), started))
    for thread, _ in visitors:
        thread.start()
    try:
        for _, started in visitors:
            started.wait()
        yield
    finally:
        stopped.set()
        for thread, _ in visitors:
            thread.join()
    if errors:
        raise errors[0]


def _document(page: Page, photo: Path) -> dict[str, Any]:
    """Return the sections of a photo's analysis with its attribution."""
    request = {"model": PHOTO_MODEL, "source": page.upload(photo), "wanted": ["attribution"]}
    sections: dict[str, Any] = {}
    for message in page.messages(page.event("page_analyse_photo"), [request]):
        if message["msg"] == "process_generating":
            sections |= message["output"]["data"][0]
    return sections
