"""A crowd of visitors on a server of its own: every answer beside the serial one, waiting times, memory."""

import json
import random
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from ..document import Array
from ..evaluation.reporting.markdown import table
from .page import SECTIONS, Page, memory_mb, server
from .timing import LONG_TEXT, PHOTO_MODEL, TEXT_MODEL, TEXTS, inputs

_LOOK_EVERY = 0.5  # seconds, at the server's memory
_ROUNDING = 0.01  # of the largest number of an array, of which some have 256 levels
_PHOTOS = 0.2  # share of the requests that are about photos
_LONG = 0.05  # and about a page of text
_TRUST = 0.05  # and that measure trust, which is long work
_KEPT = ("schema", "model", "input", "prediction", "provenance", "attribution")  # which the browser sends back
_CHANGES = ("provenance", "latency_ms", "seconds")  # from run to run


@dataclass
class _Kind:
    """A kind of request: returns its answer, and the seconds until its first part."""

    name: str
    share: float
    ask: Callable[[Page], tuple[Any, float]]
    expected: Any = None


@dataclass
class _Figures:
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wholes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter = field(default_factory=Counter)
    first_errors: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, outcome: str, wait: float, whole: float, error: str = "") -> None:
        with self.lock:
            self.counts[outcome] += 1
            if error:
                self.first_errors.setdefault(outcome, error[:200])
            if outcome == "right":
                self.waits[kind].append(wait)
                self.wholes[kind].append(whole)


def crowd(visitors: int, seconds: float, pause: float = 0.0, seed: int = 0) -> dict[str, Any]:
    """Let visitors ask a fresh server, each one thing after the other, and compare every answer with the serial one.

    Args:
        pause: seconds that a visitor looks at an answer, on average.

    Returns:
        Numbers of answers by outcome (right, wrong, lost, refused), seconds by kind of request, the server's memory.
    """
    figures, memory, ended = _Figures(), [], threading.Event()
    with server("app.py") as (address, pid, _):
        kinds = _kinds(Page(address))
        first = Page(address)
        for kind in kinds:
            kind.expected = kind.ask(first)[0]
        before, until = memory_mb(pid, "VmRSS"), time.monotonic() + seconds
        threads = [
            threading.Thread(
                target=_visit, args=(address, kinds, until, pause, random.Random(f"{seed} {number}"), figures)
            )
            for number in range(visitors)
        ]

        def watch() -> None:
            while not ended.wait(_LOOK_EVERY):
                memory.append(memory_mb(pid, "VmRSS"))

        watcher = threading.Thread(target=watch)
        for thread in (watcher, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        ended.set()
        watcher.join()
        peak = memory_mb(pid, "VmHWM")
    return {
        "visitors": visitors,
        "seconds": seconds,
        "pause_s": pause,
        "answers": {outcome: figures.counts[outcome] for outcome in ("right", "wrong", "lost", "refused")},
        "first_errors": figures.first_errors,
        "until_prediction_s": {name: _spread(waits) for name, waits in sorted(figures.waits.items())},
        "until_all_s": {name: _spread(wholes) for name, wholes in sorted(figures.wholes.items())},
        "memory_mb": {"before": before, **_course(memory), "peak": peak},
    }


def crowd_table(figures: dict[str, Any]) -> str:
    """Return the table of `crowd`."""
    memory = figures["memory_mb"]
    rows: list[tuple[str, object]] = [
        ("Machine", figures["machine"]),
        (
            "Visitors; seconds; pause between an answer and the next question, on average, s",
            f"{figures['visitors']}; {figures['seconds']:g}; {figures['pause_s']:g}",
        ),
        ("Answers: right; wrong; lost; refused", "; ".join(map(str, figures["answers"].values()))),
        *(
            (f"{name}: until the prediction, p50; p95; longest; s", "; ".join(map(str, spread)))
            for name, spread in figures["until_prediction_s"].items()
        ),
        *(
            (f"{name}: until all is there, p50; p95; longest; s", "; ".join(map(str, spread)))
            for name, spread in figures["until_all_s"].items()
        ),
        (
            "Memory before; after a tenth of the time; half-way; at the end (medians of a tenth of the time); peak; MB",
            "; ".join(str(each) for each in memory.values()),
        ),
    ]
    return table(("quantity", "measured"), rows)


def _kinds(page: Page) -> list[_Kind]:
    _, photo = inputs()
    short = 1 - _PHOTOS - _LONG - _TRUST

    def analyse(source: Any) -> Callable[[Page], tuple[Any, float]]:
        return lambda page: _stream(page, *_analysis(page.upload(photo) if source is None else source))

    def trust() -> Callable[[Page], tuple[Any, float]]:
        document, _ = _stream(page, *_analysis(TEXTS[0]))
        request = {"document": {key: document[key] for key in _KEPT}, "steps": [{"section": "trust"}]}
        return lambda page: _stream(page, "page_measure", request)

    return [
        *(_Kind("Line of text", short / 3, analyse(text)) for text in TEXTS[:3]),
        _Kind("Page of text", _LONG, analyse(LONG_TEXT)),
        _Kind("Photo", _PHOTOS, analyse(None)),
        _Kind("Trust in a line of text", _TRUST, trust()),
    ]


def _analysis(source: Any) -> tuple[str, dict[str, Any]]:
    """Return the endpoint and the request of an analysis."""
    request = {"source": source, "wanted": SECTIONS, "method": "relevance-propagation"}
    if isinstance(source, str):
        return "page_analyse_text", request | {"model": TEXT_MODEL}
    return "page_analyse_photo", request | {"model": PHOTO_MODEL}


def _stream(page: Page, name: str, request: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Return the sections that an endpoint streams, and the seconds until the first one.

    Raises:
        RuntimeError: where the page refuses.
    """
    sections: dict[str, Any] = {}
    started, first = time.perf_counter(), 0.0
    for message in page.messages(page.event(name), [request]):
        if not message.get("success", True):
            raise RuntimeError(str(message["output"].get("error")))
        if message["msg"] == "process_generating":
            first = first or time.perf_counter() - started
            sections |= message["output"]["data"][0]
    return sections, first


def _visit(
    address: str, kinds: list[_Kind], until: float, pause: float, draws: random.Random, figures: _Figures
) -> None:
    page = Page(address)
    while time.monotonic() < until:
        time.sleep(draws.uniform(0, 2 * pause))
        (kind,) = draws.choices(kinds, [kind.share for kind in kinds])
        started = time.perf_counter()
        try:
            answer, wait = kind.ask(page)
        except RuntimeError as error:
            outcome, wait, said = "refused", 0.0, str(error)
        except httpx.HTTPStatusError as error:
            outcome, wait, said = "refused", 0.0, f"{error.response.status_code}"
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            outcome, wait, said = "lost", 0.0, repr(error)
        else:
            outcome, said = ("right", "") if _alike(kind.expected, answer) else ("wrong", kind.name)
        figures.add(kind.name, outcome, wait, time.perf_counter() - started, said)


def _alike(one: Any, other: Any) -> bool:
    """Return whether two answers are the same but for rounding and for what changes from run to run."""
    if isinstance(one, dict) and isinstance(other, dict):
        if {"dtype", "shape", "data"} <= one.keys() & other.keys():
            return _close(_array(one), _array(other))
        keys = (one.keys() | other.keys()) - set(_CHANGES)
        return all(key in one and key in other and _alike(one[key], other[key]) for key in keys)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return _close(np.array(one), np.array(other))
    return one == other


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape:
        return False
    size = max(1.0, float(np.abs(one).max(initial=0.0)))
    return bool(np.abs(one - other).max(initial=0.0) <= _ROUNDING * size)


def _array(record: dict[str, Any]) -> np.ndarray:
    return Array(**{**record, "shape": tuple(record["shape"])}).numpy()


def _course(memory: list[float]) -> dict[str, float]:
    """Return the medians of three tenths of what was seen: after the first tenth, half-way, at the end."""
    size = max(1, len(memory) // 10)
    places = {"after_a_tenth": size, "middle": len(memory) // 2, "end": len(memory) - size}
    return {name: round(statistics.median(memory[place : place + size] or memory), 1) for name, place in places.items()}


def _spread(seconds: list[float]) -> tuple[float, float, float]:
    """Return the median, the 95th percentile and the largest of some seconds."""
    ordered = sorted(seconds)
    return tuple(round(_at(ordered, share) or 0.0, 3) for share in (0.5, 0.95, 1.0))  # type: ignore[return-value]


def _at(values: list, share: float) -> Any:
    return values[min(len(values) - 1, int(share * len(values)))] if values else None
