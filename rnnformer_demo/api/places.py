"""Places for long work: few at a time, and one for each visitor, so that nobody keeps the others waiting."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..data import InputError

_LOOK_EVERY = 0.2  # seconds, for whether a waiting visitor has left


@dataclass(frozen=True)
class Visitor:
    """Whoever sent a request.

    Attributes:
        address: of the machine; a whole class may share one.
        session: of a page or of a client.
    """

    address: str
    session: str


@dataclass(eq=False)
class _Job:
    visitor: Visitor
    seconds: float


class Places:
    """Places that jobs take in turn: first those whose address has fewest running, then by the time of coming.

    Args:
        count: number of jobs that run at a time.
        most_waiting: number of jobs that may wait; None for any.
    """

    def __init__(self, count: int, most_waiting: int | None = None) -> None:
        self.count, self.most_waiting = count, most_waiting
        self.running: list[_Job] = []
        self.waiting: list[_Job] = []
        self._changed = threading.Condition()

    @contextmanager
    def taken(
        self, visitor: Visitor, seconds: float, check: Callable[[], None], tell: Callable[[int, float], None]
    ) -> Iterator[None]:
        """Hold a place; wait for it, behind a job of the same visitor's in any case.

        Args:
            seconds: that the job takes, estimated.
            check: is called while it waits; what it raises ends the waiting.
            tell: is called with the place in the queue, counted from 1, and the seconds until its turn, whenever they
                change.

        Raises:
            InputError: where too many wait.
        """
        job = _Job(visitor, seconds)
        with self._changed:
            if self.most_waiting is not None and len(self.waiting) >= self.most_waiting:
                raise InputError(f"{len(self.waiting)} long computations are waiting here: try again in a minute.")
            self.waiting.append(job)
        try:
            self._wait(job, check, tell)
            yield
        finally:
            with self._changed:
                for jobs in (self.waiting, self.running):
                    if job in jobs:
                        jobs.remove(job)
                self._changed.notify_all()

    def _wait(self, job: _Job, check: Callable[[], None], tell: Callable[[int, float], None]) -> None:
        known = None
        while True:
            check()
            with self._changed:
                if self._next() is job:
                    self.waiting.remove(job)
                    self.running.append(job)
                    self._changed.notify_all()
                    return
                ahead = self.waiting[: self.waiting.index(job)]
                place = len(ahead) + 1, sum(each.seconds for each in (*self.running, *ahead)) / self.count
                if place == known:
                    self._changed.wait(_LOOK_EVERY)
            if place != known:
                tell(*place)
                known = place

    def _next(self) -> _Job | None:
        """Return the job whose turn it is; None where there is no place, or all that wait have one running."""
        if len(self.running) >= self.count:
            return None
        busy = [job.visitor for job in self.running]
        free = [job for job in self.waiting if job.visitor not in busy]
        addresses = [visitor.address for visitor in busy]
        return min(free, key=lambda job: addresses.count(job.visitor.address), default=None)
