"""Observation of work: each request counts in the metrics and writes one line of log when it ends."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from ...checkpoints.cards import names
from ...data import InputError
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


@contextmanager
def observed(kind: str, model: Any) -> Iterator[None]:
    """Count the work of a block, time it, and log how it ended.

    Args:
        kind: name of the endpoint.
        model: what the visitor calls a model; another name than that of a checkpoint is not logged, it may be any text.
    """
    # Of the queue's work Gradio knows the number, which it has also told the browser.
    request = LocalContext.event_id.get(None) or REQUEST_ID.get()
    facts = {"request": request, "kind": kind, "model": model if model in names() else "unknown"}
    started = time.monotonic()
    outcome, fault = "failed", None
    metrics.RUNNING.inc()
    try:
        yield
        outcome = "done"
    except (InputError, gr.Error):
        outcome = "refused"
        metrics.REFUSALS.labels("input").inc()
        raise
    except GeneratorExit:  # nobody takes the answers any more
        outcome = "left"
        raise
    except Exception as error:
        fault = error
        raise
    finally:
        seconds = time.monotonic() - started
        metrics.RUNNING.dec()
        metrics.REQUESTS.labels(kind, outcome).inc()
        metrics.SECONDS.labels(kind).observe(seconds)
        if outcome == "done":
            PACE.add(seconds)
        level = logging.INFO if fault is None else logging.ERROR
        log("request", level, fault, **facts, ms=round(1000 * seconds, 1), outcome=outcome)


def observe(kind: str, handler: Callable) -> Callable:
    """Wrap a handler, or one that yields answers, whose first argument is a request or the name of a model."""

    @wraps(handler)
    def run(*arguments: Any, **options: Any) -> Any:
        with observed(kind, _model_of(arguments, options)):
            return handler(*arguments, **options)

    @wraps(handler)
    def stream(*arguments: Any, **options: Any) -> Iterator[Any]:
        with observed(kind, _model_of(arguments, options)):
            yield from handler(*arguments, **options)

    return stream if isgeneratorfunction(handler) else run


def _model_of(arguments: tuple, options: dict) -> Any:
    first: Any = arguments[0] if arguments else options.get("model")
    if isinstance(first, dict):
        document = first.get("document")
        first = first.get("model") or (document.get("model") if isinstance(document, dict) else None)
    if isinstance(first, dict):
        first = first.get("name")
    return first if isinstance(first, str) else ""
