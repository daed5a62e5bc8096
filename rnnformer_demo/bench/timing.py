"""Models and inputs of the measurements, and the clock."""

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CALLS_A_TURN = 10
_WORDS = 56
TEXT_MODEL, PHOTO_MODEL = "sentiment-en", "objects"


def inputs() -> tuple[Iterator[str], Path]:
    """Return the page's example texts in turn, without end, and one of its photos."""
    from ..ui.page import EXAMPLE_TEXTS

    photo = min((ROOT / "rnnformer_demo" / "ui" / "examples").glob("*.jpg"))
    return cycle(EXAMPLE_TEXTS), photo


def text_of_64_tokens() -> str:
    """Return the beginning of the page's longest example that is 64 tokens to the text model."""
    from ..ui.page import EXAMPLE_TEXTS

    return " ".join(max(EXAMPLE_TEXTS, key=len).split()[:_WORDS])


def seconds_of(work: Callable[[], Any]) -> float:
    """Return the wall-clock seconds of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def turn(work: Callable[[], Any]) -> list[float]:
    """Return the seconds of each of `CALLS_A_TURN` calls, after one that does not count."""
    work()
    return [seconds_of(work) for _ in range(CALLS_A_TURN)]


def median(values: list[float], digits: int = 3) -> float:
    """Return the median, rounded to `digits` decimals."""
    return round(statistics.median(values), digits)
