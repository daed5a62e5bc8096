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
TEXTS = (
    "A witty, tender film with two wonderful performances.",
    "The plot is not without charm, but the jokes fall flat and the ending is a mess.",
    "I expected to hate it, and yet I left the cinema smiling.",
    "For its first hour this is a patient, beautifully photographed portrait of a marriage: two people who talk past "
    "each other, a house that is too large for them, a summer that will not end. Then the thriller that nobody asked "
    "for begins. There are chases, there is a twist that you will see coming, and there is a speech that explains what "
    "the pictures had already said. The actors deserve better, and for a while they get it, which makes the rest all "
    "the more disappointing.",
)
LONG_TEXT = " ".join([TEXTS[-1]] * 8)  # more than the 400 tokens that the text model reads


def inputs() -> tuple[Iterator[str], Path]:
    """Return the texts in turn, without end, and one of the page's photos."""
    photo = min((ROOT / "rnnformer_demo" / "ui" / "examples").glob("*.jpg"))
    return cycle(TEXTS), photo


def text_of_64_tokens() -> str:
    """Return the beginning of the longest text that is 64 tokens to the text model."""
    return " ".join(max(TEXTS, key=len).split()[:_WORDS])


def seconds_of(work: Callable[[], Any]) -> float:
    """Return the wall-clock seconds of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def turn(work: Callable[[], Any]) -> list[float]:
    """Return the seconds of each of `CALLS_A_TURN` calls, after as many that do not count.

    The first ones after another network's pay for the caches that its weights have filled: a short prediction takes
    half as long again at first, and settles after about eight.
    """
    for _ in range(CALLS_A_TURN):
        work()
    return [seconds_of(work) for _ in range(CALLS_A_TURN)]


def median(values: list[float], digits: int = 3) -> float:
    """Return the median, rounded to `digits` decimals."""
    return round(statistics.median(values), digits)
