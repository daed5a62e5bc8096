"""Live measurements of claims on a server of its own: how long each takes, what a prediction waits beside it, and what
is left of one that is stopped."""

import os
import threading
import time
from typing import Any

from ..evaluation.claims import in_order
from ..evaluation.claims.lab.files import recorded
from ..evaluation.reporting.markdown import table
from .page import Page, processor_seconds, server
from .timing import TEXT_MODEL, TEXTS, median

_ALONE = 20  # predictions with nothing beside them
_PAUSE = 0.2  # seconds between two predictions
_TRAINING = "training"
_STOPPED, _NEXT = "generalisation", "image_hybrid"  # a measurement that is stopped, and the one that follows


def live_claims() -> dict[str, Any]:
    """Measure every claim as the page does, and a line of text again and again meanwhile.

    Returns:
        The load of the machine before; seconds until a prediction with nothing beside it; by claim the seconds it took,
        on the clock and of the server's processor with those predictions, the seconds until each prediction beside it,
        and whether its verdict is the recorded one; and the seconds until another measurement had its answer after one
        that was stopped.
    """
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    with server("app.py") as (address, pid, _):
        page = Page(address)
        _seconds_until_prediction(page)  # loads the model
        alone = [_seconds_until_prediction(page) for _ in range(_ALONE)]
        measured = {name: _measured(page, pid, name) for name in (*(claim.name for claim in in_order()), _TRAINING)}
        after = _after_stopping(page)
    return {
        "load": round(load, 1),
        "alone_s": _spread(alone),
        "claims": measured,
        "slowest_beside_s": max(each["beside_s"][1] for each in measured.values()),
        "after_stopping_s": after,
    }


def live_claims_table(figures: dict[str, Any]) -> str:
    """Return the table of `live_claims`."""
    rows: list[tuple[object, ...]] = [
        (
            name,
            each["seconds"],
            each["processor_seconds"],
            *each["beside_s"],
            {True: "yes", False: "no", None: ""}[each["agrees"]],
        )
        for name, each in figures["claims"].items()
    ]
    rows.insert(0, ("nothing", "", "", *figures["alone_s"], ""))
    heads = (
        "live",
        "seconds",
        "of the processor",
        "a prediction beside it, p50, s",
        "longest, s",
        "verdict as recorded",
    )
    about = (
        f"{figures['machine']}, load {figures['load']} a core before. After one that was stopped the next had its "
        f"answer in {figures['after_stopping_s']} s."
    )
    return f"{table(heads, rows)}\n\n{about}"


def _seconds_until_prediction(page: Page) -> float:
    request = {"model": TEXT_MODEL, "source": TEXTS[0], "wanted": []}
    started = time.perf_counter()
    page.outputs(page.event("page_analyse_text"), [request])
    return time.perf_counter() - started


def _measured(page: Page, pid: int, name: str) -> dict[str, Any]:
    """Measure a claim, or train, while predictions are asked for."""
    endpoint, request = ("page_training", {"seed": 0}) if name == _TRAINING else ("page_claims", {"name": name})
    answers: list[Any] = []
    took: list[float] = []

    def work() -> None:
        started = time.perf_counter()
        for message in page.messages(page.event(endpoint), [request]):
            if not message.get("success", True):
                raise RuntimeError(f"the page refused: {message['output']}")
            if message["msg"] == "process_generating":
                answers.append(message["output"]["data"][0])
        took.append(round(time.perf_counter() - started, 1))

    beside: list[float] = []
    before = processor_seconds(pid)
    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive() or not beside:
        beside.append(_seconds_until_prediction(page))
        thread.join(_PAUSE)
    if not took:
        raise RuntimeError(f"{name} failed")
    processor = round(processor_seconds(pid) - before, 1)
    known = recorded(name)
    agrees = known.verdict.answer == answers[-1]["verdict"]["answer"] if known else None
    return {"seconds": took[0], "processor_seconds": processor, "beside_s": _spread(beside), "agrees": agrees}


def _after_stopping(page: Page) -> float:
    """Leave a measurement that has begun, and return the seconds until another has its answer."""
    messages = page.messages(page.event("page_claims"), [{"name": _STOPPED}])
    for message in messages:
        if message["msg"] == "progress":
            break
    messages.close()
    started = time.perf_counter()
    page.outputs(page.event("page_claims"), [{"name": _NEXT}])
    return round(time.perf_counter() - started, 1)


def _spread(seconds: list[float]) -> tuple[float, float]:
    """Return the median and the largest of some seconds."""
    return median(seconds), round(max(seconds), 3)
