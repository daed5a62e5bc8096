"""Work for a request: estimated before it starts, in turn with the others', ended when its visitor leaves."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import LocalContext

from ..data import InputError
from ..nn.lock import MODEL_LOCK, Ended, Errand
from .places import Places, Visitor

if TYPE_CHECKING:
    from ..interpret.cost import Cost, Size

VARIABLE = "RNNFORMER_BUDGET_SECONDS"
_BUDGET = 30.0
_LENIENCE = 2.0  # the machine may be slower than the estimate thinks: work ends after so many times the budget
CHEAP = 1.0  # seconds: work that takes less needs no place, and goes before all other
OF_PAGE = Places(2)
OF_API = Places(2, most_waiting=4)


def budget_seconds() -> float:
    """Return the seconds of computing that a request may take, by the environment.

    Raises:
        InputError: for a value that is no number above 0.
    """
    value = os.environ.get(VARIABLE) or str(_BUDGET)
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise InputError(f"{VARIABLE} must be a number of seconds above 0, got {value[:40]!r}.")
    return seconds


class Work(Errand):
    """The work of one request of Gradio's queue.

    Args:
        places: where it waits if it is long.
    """

    def __init__(self, places: Places) -> None:
        super().__init__(urgent=True, check=self._check)
        self._event_id, self._blocks = LocalContext.event_id.get(None), LocalContext.blocks.get(None)
        self._visitor = _visitor(self._event_id)
        self._places, self._place = places, ExitStack()
        self._most = _LENIENCE * budget_seconds()

    def begin(
        self, size: "Size", cost: "Callable[[str], Cost]", method: str, tell: Callable[[int, float], None]
    ) -> None:
        """Check the estimate against the budget, and wait for a place where the work is long.

        Raises:
            InputError: where it would exceed the budget, see `cost.check`, or too many wait.
        """
        from ..analysis.cost import check

        seconds = check(size, cost, method, budget_seconds())
        if seconds > CHEAP and self.urgent:
            self.urgent = False
            self._place.enter_context(self._places.taken(self._visitor, seconds, self._check, tell))

    def end(self) -> None:
        """Give the place back."""
        self._place.close()

    def _check(self) -> None:
        if self._event_id and self._blocks:
            event = self._blocks._queue.event_ids_to_events.get(self._event_id)
            if event is None or not event.alive:
                raise Ended
        if self.seconds > self._most:
            raise InputError(
                f"This took longer than the {self._most:g} s after which computing ends here: take a shorter input or "
                "another method."
            )


def begin(
    size: "Size",
    cost: "Callable[[str], Cost]",
    method: str,
    tell: Callable[[int, float], None] = lambda place, seconds: None,
) -> None:
    """Begin what this thread works on, see `Work.begin`; work that is no request of the queue has no budget."""
    errand = MODEL_LOCK.errand()
    if isinstance(errand, Work):
        errand.begin(size, cost, method, tell)


def in_turn(handler: Callable) -> Callable:
    """Wrap an endpoint so that it works in turn with others, and ends when nobody waits for it."""

    @wraps(handler)
    def run(*arguments: Any, **options: Any) -> Any:
        work = Work(OF_API)
        try:
            with MODEL_LOCK.on(work):
                return handler(*arguments, **options)
        except Ended as error:
            raise gr.Error("Stopped.", print_exception=False) from error
        finally:
            work.end()

    return run


def _visitor(event_id: str | None) -> Visitor:
    """Return the visitor of the current request.

    Each stream of a page has a session of its own, "PAGE-NUMBER"; a call without a session has its event's id for one.
    """
    request = LocalContext.request.get(None)
    session = str(getattr(request, "session_hash", None) or "")
    client = getattr(request, "client", None)
    return Visitor(client.host if client else "", "" if session == event_id else session.partition("-")[0])
