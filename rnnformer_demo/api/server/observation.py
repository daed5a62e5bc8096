"""Observation of work: each request counts in the metrics and writes one line of log when it ends."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from gradio.context import LocalContext

from ...checkpoints.cards import names
from ...data import InputError
from ...nn.lock import Ended
from . import metrics
from .logs import log

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
_MEMORY = 0.1  # weight of the newest request in the mean of their seconds


class Pace:
    """The mean time of requests, from which follows when it is worth to come back."""

    def __init__(self) -> None:
        self.seconds = 1.0

    def add(self, seconds: float) -> None:
        """Take a further request into the mean."""
        self.seconds += _MEMORY * (seconds - self.seconds)

    def until(self, waiting: int) -> int:
        """Return after how many seconds so many waiting requests will be done; between 1 and 60."""
        return round(min(max(waiting * self.seconds, 1), 60))


PACE = Pace()


def request_id() -> str:
    """Return the id of the request that is being answered: of the queue's work, Gradio has told it the browser."""
    return LocalContext.event_id.get(None) or REQUEST_ID.get()


@contextmanager
def observed(kind: str, model: Any) -> Iterator[None]:
    """Count the work of a block, time it, and log how it ended; that of a visitor who has left just ends.

    Args:
        kind: name of the endpoint.
        model: what the visitor calls a model; another name than that of a checkpoint is not logged, it may be any text.
    """
    facts: dict[str, Any] = {"request": request_id(), "kind": kind, "model": model if model in names() else None}
    started = time.monotonic()
    outcome = "failed"
    metrics.RUNNING.inc()
    try:
        yield
        outcome = "done"
    except Ended:
        outcome = "left"
    except GeneratorExit:
        outcome = "left"
        raise
    except InputError:
        outcome = "refused"
        metrics.REFUSALS.labels("input").inc()
        raise
    finally:
        seconds = time.monotonic() - started
        metrics.RUNNING.dec()
        metrics.REQUESTS.labels(kind, outcome).inc()
        metrics.SECONDS.labels(kind).observe(seconds)
        if outcome == "done":
            PACE.add(seconds)
        log("request", **facts, ms=round(1000 * seconds, 1), outcome=outcome)


def model_of(request: Any) -> Any:
    """Return the model that a request of the page names, itself or in its document; None where there is none."""
    if not isinstance(request, dict):
        return None
    document = request.get("document")
    model = document.get("model") if isinstance(document, dict) else None
    return request.get("model") or (model.get("name") if isinstance(model, dict) else None)
