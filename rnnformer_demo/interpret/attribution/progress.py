"""Progress reports of an attribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Report = Callable[[float], None]  # takes the share that is done, 0-1


class Relay:
    """Relay of reports, which remembers an error of their receiver: it is none of the method's.

    Args:
        report: their receiver.
        pause: is called after each report: between two passes.

    Attributes:
        raised: that error, or None.
    """

    def __init__(self, report: Report, pause: Callable[[], None]) -> None:
        self.report, self.pause = report, pause
        self.raised: Exception | None = None

    def __call__(self, share: float) -> None:
        try:
            self.report(share)
        except Exception as error:
            self.raised = error
            raise
        self.pause()


def counted_rows(rows: int, report: Report) -> Callable[[int], None]:
    """Return a function that adds rows up and reports their share of the expected ones."""
    done = 0

    def add(more: int) -> None:
        nonlocal done
        done += more
        report(min(1.0, done / rows))

    return add


def counted(forward: Callable[..., Tensor], rows: int, report: Report) -> Callable[..., Tensor]:
    """Return a function that does the same, and reports the share of the expected rows that has gone through it."""
    add = counted_rows(rows, report)

    def run(inputs: Tensor, *rest: Tensor) -> Tensor:
        output = forward(inputs, *rest)
        add(len(inputs))
        return output

    return run
