"""Work for a request: estimated before it starts, in turn with the others', ended when its visitor leaves."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from gradio.context import LocalContext

from ..data import InputError
from ..nn.lock import MODEL_LOCK, Ended, Errand
from .places import Places, Visitor
from .server.settings import read_settings

if TYPE_CHECKING:
    from ..interpret.cost import Cost, Size

_LENIENCE = 2  # the machine may be slower than the estimate thinks: work ends after so many times the budget
CHEAP = 1.0  # seconds: work that takes less needs no place, and goes before all other
_MOST_URGENT = 4 * CHEAP  # seconds: on a busy machine cheap work may take as long
OF_PAGE = Places(2)
OF_API = Places(2, most_waiting=4)


class Work(Errand):
    """The work of one request.

    Args:
        places: where it waits if it is long.
        visitor: whoever sent the request.
        check: raises `Ended` when nobody waits for the answer any more.
    """

    def __init__(self, places: Places, visitor: Visitor, check: Callable[[], None]) -> None:
        super().__init__(urgent=True, check=self._check)
        self._visitor, self._check_visitor = visitor, check
        self._places, self._place = places, ExitStack()
        self._has_place = False
        self._budget = read_settings().budget

    @classmethod
    def of_queue(cls, places: Places) -> "Work":
        """Return the work of the request of Gradio's queue that this thread answers."""
        event_id, blocks = LocalContext.event_id.get(None), LocalContext.blocks.get(None)

        def check() -> None:
            event = blocks._queue.event_ids_to_events.get(event_id) if blocks and event_id else None
            if blocks and event_id and (event is None or not event.alive):
                raise Ended

        return cls(places, _visitor(event_id), check)

    def begin(
        self, size: "Size", cost: "Callable[[str], Cost]", method: str, tell: Callable[[int, float], None]
    ) -> None:
        """Check the estimate against the budget, and wait for a place where the work is long.

        Raises:
            InputError: where it would exceed the budget, see `cost.check`, or too many wait.
        """
        from ..analysis.cost import check

        seconds = check(size, cost, method, self._budget)
        self.expected = self.seconds + seconds
        if seconds > CHEAP and not self._has_place:
            self.urgent, self._has_place = False, True
            self._place.enter_context(self._places.taken(self._visitor, seconds, self._check, tell))

    def end(self) -> None:
        """Give the place back."""
        self._place.close()

    def _check(self) -> None:
        self._check_visitor()
        if self.seconds > _MOST_URGENT:  # more than was thought, or nothing was: such as a table of a thousand rows
            self.urgent = False
        most = _LENIENCE * self._budget
        if self.seconds > most:
            raise InputError(
                f"This took longer than the {most} s after which computing ends here: take a shorter input or another "
                "method."
            )


@contextmanager
def working(work: Work) -> Iterator[None]:
    """Let what this thread runs count as some work, which ends with the block."""
    try:
        with MODEL_LOCK.on(work):
            yield
    finally:
        work.end()


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
        with working(Work.of_queue(OF_API)):
            return handler(*arguments, **options)

    return run


def _visitor(event_id: str | None) -> Visitor:
    """Return the visitor of the current request.

    Each stream of a page has a session of its own, "PAGE-NUMBER"; a call without a session has its event's id for one.
    """
    request = LocalContext.request.get(None)
    session = str(getattr(request, "session_hash", None) or "")
    client = getattr(request, "client", None)
    return Visitor(client.host if client else "", "" if session == event_id else session.partition("-")[0])
