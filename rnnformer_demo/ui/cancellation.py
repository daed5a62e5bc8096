"""Long measurements end when their session asks for something newer or says stop: Gradio ends no running thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from ..interpret.attribution import Report

_numbers = count()
_current: dict[str, int] = {}
_unwanted: set[str] = set()  # sessions that said stop before their measurement began
_lock = threading.Lock()


class _Ended(Exception):
    """The measurement is no longer wanted."""


@contextmanager
def latest(session: str) -> Iterator[Callable[[Report], Report]]:
    """Make the block the session's only measurement, and yield a function that wraps its report.

    The block is left at the first report after a newer measurement began or `stop` was called.
    """
    with _lock:
        number = next(_numbers)
        if session in _unwanted:
            _unwanted.discard(session)
        else:
            _current[session] = number

    def ending(report: Report) -> Report:
        def checked(share: float) -> None:
            if _current.get(session) != number:
                raise _Ended
            report(share)

        return checked

    try:
        yield ending
    except _Ended:
        pass
    finally:
        with _lock:
            if _current.get(session) == number:
                del _current[session]


def stop(session: str) -> None:
    """End the session's measurement: the one that runs, or else the one that is about to."""
    with _lock:
        if _current.pop(session, None) is None:
            _unwanted.add(session)


def end(session: str) -> None:
    """End the session's measurement, if there is one; the next may run."""
    with _lock:
        _current.pop(session, None)
        _unwanted.discard(session)
