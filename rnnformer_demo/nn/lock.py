"""The lock of all models: it is handed on in turn, what is urgent first, and nobody keeps it for long."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

IN_A_ROW = 10  # turns by the rule; then one to whoever has waited longest
QUANTUM = 0.02  # seconds by which a holder of the same kind must be behind others to let them go first


class Ended(Exception):
    """Nobody waits for the work any more."""


@dataclass
class Errand:
    """Work that a thread does for somebody.

    Attributes:
        urgent: it goes before what is not.
        check: is called between two passes; what it raises ends the work.
        seconds: time for which the work has held the lock.
        expected: time for which it will, estimated; 0 where nobody knows.
    """

    urgent: bool = False
    check: Callable[[], None] = lambda: None
    seconds: float = 0.0
    expected: float = 0.0

    @property
    def rank(self) -> float:
        """The seconds that are left to do, or of work that takes longer than was thought, or as long as nobody knows,
        those that it has had. The least goes first, which keeps fewest waiting."""
        left = self.expected - self.seconds
        return left if left > 0 else self.seconds


@dataclass
class _Waiting:
    """A thread, what it works on, and what it waits for: released at its turn."""

    thread: int
    errand: Errand
    turn: threading.Lock


class ModelLock:
    """Lock that its holder may take again, and that goes from thread to thread in turn.

    A lock of Python's own goes to whoever happens to run, which is mostly the thread that has just released it: a photo
    that takes it a hundred times over would keep a line of text waiting to its end. Here whoever releases the lock
    hands it to a thread whose work has the least `rank`, of those alike to the one that has waited longest, within
    `urgent` before all others. After 10 turns by that rule whoever has waited longest has one, among the others and
    among the urgent by turns, so that none waits for ever.

    Args:
        clock: returns seconds.

    Attributes:
        waiting: those that wait for it, and those that wait urgently.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._guard = threading.Lock()
        self._holder: int | None = None
        self._depth = 0
        self._counted = 0.0  # up to when the errand of the holder was told of the time
        self.waiting: tuple[deque[_Waiting], deque[_Waiting]] = (deque(), deque())
        self._in_a_row = 0
        self._turn_of_others = True
        self._thread = threading.local()

    def urgent(self) -> AbstractContextManager[None]:
        """Let this thread go before those that are not urgent wherever it has to wait for the lock."""
        return self.on(Errand(urgent=True))

    @contextmanager
    def on(self, errand: Errand) -> Iterator[None]:
        """Let what this thread runs count as work on an errand."""
        before = self.errand()
        self._thread.errand = errand
        try:
            yield
        finally:
            self._thread.errand = before

    def give_way(self) -> None:
        """Hand the lock to those whose turn it is, and take it again after them: between two passes.

        What is urgent goes before a holder that is not; others of the holder's kind go where one of them has a rank
        that is lower by `QUANTUM` seconds. A thread that does not hold the lock goes on.

        Raises:
            Exception: what the check of this thread's errand raises.
        """
        me, urgent = threading.get_ident(), self.errand().urgent
        with self._guard:
            if self._holder != me:
                return
            self._count()
            if self.waiting[True] and not urgent:
                put = self.waiting[False].appendleft
            elif self._is_due(self.waiting[urgent]):
                put = self.waiting[urgent].append
            else:
                put = None
            if put:
                depth, waits = self._depth, self._waits()
                put(waits)
                self._hand_over()
        if put:
            waits.turn.acquire()
            self._depth = depth
        self.errand().check()

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._holder != me:
            self.errand().check()
        with self._guard:
            if self._holder in (None, me):
                if not self._depth:
                    self._holder, self._counted = me, self.clock()
                self._depth += 1
                return
            waits = self._waits()
            self.waiting[waits.errand.urgent].append(waits)
        waits.turn.acquire()  # until it is handed over

    def __exit__(self, *_error: object) -> None:
        with self._guard:
            self._depth -= 1
            if not self._depth:
                self._count()
                self._hand_over()

    def errand(self) -> Errand:
        """Return what this thread works on."""
        if not hasattr(self._thread, "errand"):
            self._thread.errand = Errand()
        return self._thread.errand

    def _count(self) -> None:
        """Add the time since this was last called to the holder's errand."""
        now = self.clock()
        self.errand().seconds += now - self._counted
        self._counted = now

    def _is_due(self, others: deque[_Waiting]) -> bool:
        """Return whether one of those that wait goes before the holder, which is of their kind."""
        return any(each.errand.rank + QUANTUM <= self.errand().rank for each in others)

    def _hand_over(self) -> None:
        self._holder = None
        self._depth = 0
        others, urgent = self.waiting
        by_rule = self._in_a_row < IN_A_ROW
        queue = (others or urgent) if self._turn_of_others and not by_rule else (urgent or others)
        if not queue:
            self._in_a_row = 0
            return
        if by_rule:
            self._in_a_row += 1
            place = min(range(len(queue)), key=lambda index: queue[index].errand.rank)
        else:
            self._in_a_row, self._turn_of_others = 0, not self._turn_of_others
            place = 0
        waits = queue[place]
        del queue[place]
        self._holder, self._depth = waits.thread, 1
        self._counted = self.clock()
        waits.turn.release()

    def _waits(self) -> _Waiting:
        turn = threading.Lock()
        turn.acquire()
        return _Waiting(threading.get_ident(), self.errand(), turn)


MODEL_LOCK = ModelLock()
