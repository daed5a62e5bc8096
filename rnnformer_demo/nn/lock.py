"""The lock of all models: it is handed on in turn, what is urgent first."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_URGENT_IN_A_ROW = 20
_Queue = deque[tuple[int, threading.Lock]]  # a thread, and what it waits for: released at its turn


class ModelLock:
    """Lock that its holder may take again, and that goes from thread to thread in turn.

    A lock of Python's own goes to whoever happens to run, which is mostly the thread that has just released it: a photo
    that takes it a hundred times over would keep a line of text waiting to its end. Here whoever releases the lock
    hands it to the thread that has waited longest, within `urgent` before all others; after 20 of those in a row
    one of the others has its turn, so that none waits for ever.

    Attributes:
        waiting: those that wait for it, and those that wait urgently.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._holder: int | None = None
        self._depth = 0
        self.waiting: tuple[_Queue, _Queue] = (deque(), deque())
        self._in_a_row = 0
        self._thread = threading.local()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Let this thread go before those that are not urgent wherever it has to wait for the lock."""
        before = self._is_urgent()
        self._thread.urgent = True
        try:
            yield
        finally:
            self._thread.urgent = before

    def give_way(self) -> None:
        """Hand the lock to those that are urgent, and take it again as soon as they are done.

        A thread that is urgent itself, or does not hold the lock, goes on.
        """
        me = threading.get_ident()
        with self._guard:
            if self._holder != me or self._is_urgent() or not self.waiting[True]:
                return
            depth, turn = self._depth, _taken()
            self.waiting[False].appendleft((me, turn))
            self._hand_over()
        turn.acquire()
        self._depth = depth

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._guard:
            if self._holder in (None, me):
                self._holder = me
                self._depth += 1
                return
            turn = _taken()
            self.waiting[self._is_urgent()].append((me, turn))
        turn.acquire()  # until it is handed over

    def __exit__(self, *_error: object) -> None:
        with self._guard:
            self._depth -= 1
            if not self._depth:
                self._hand_over()

    def _is_urgent(self) -> bool:
        return getattr(self._thread, "urgent", False)

    def _hand_over(self) -> None:
        self._holder = None
        others, urgent = self.waiting
        urgent_next = bool(urgent) and (self._in_a_row < _URGENT_IN_A_ROW or not others)
        self._in_a_row = self._in_a_row + 1 if urgent_next else 0
        if queue := self.waiting[urgent_next]:
            self._holder, turn = queue.popleft()
            self._depth = 1
            turn.release()


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


MODEL_LOCK = ModelLock()
