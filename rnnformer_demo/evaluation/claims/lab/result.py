"""Results of claims: plots, quantities with intervals, verdict, and what they were measured with. Imports no torch."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

HOLDS, PARTLY, FAILS, UNDECIDED = "holds", "holds partly", "does not hold", "undecided"
ANSWERS = (HOLDS, PARTLY, FAILS, UNDECIDED)
Item = TypeVar("Item")
Report = Callable[[float], None]  # takes the share that is done, 0-1; what it raises ends a measurement


@dataclass(frozen=True)
class Point:
    """A point of a series.

    Attributes:
        x: a number, or the name of a category.
        low, high: ends of the 95 % interval of y; None where there is one measurement alone.
    """

    x: float | str
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Points of one thing that is compared, such as one network."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Plot:
    """Series on the same axes, whose labels name quantity and unit."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True)
class Quantity:
    """A number that a rule reads.

    Attributes:
        name: the quantity, such as "time ratio".
        where: the conditions of the measurement, by their kinds, such as {"length": 64}.
        low, high: ends of its 95 % interval.
        n: number of measurements (seeds, rounds) that it rests on.
    """

    name: str
    where: dict[str, str | float]
    value: float
    low: float
    high: float
    unit: str
    n: int


@dataclass(frozen=True)
class Measured:
    """All that a measurement gives.

    Attributes:
        notes: sentences on what was left out and what the numbers do not say.
        sources: files of the repository that recorded numbers were read from.
    """

    plots: tuple[Plot, ...]
    quantities: tuple[Quantity, ...]
    seeds: tuple[int, ...]
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One of `ANSWERS`, and sentences on the conditions under which it was found."""

    answer: str
    conditions: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS:
            raise ValueError(f"answer must be one of {ANSWERS}, got {self.answer!r}")


@dataclass(frozen=True)
class Provenance:
    """The machine, the UTC date, the seconds and the command of a measurement; load is that of the machine per core."""

    machine: str
    date: str
    seconds: float
    load: float
    torch: str
    command: str


@dataclass(frozen=True)
class Result:
    """A measured claim; size is "quick" or "full"."""

    claim: str
    size: str
    measured: Measured
    verdict: Verdict
    provenance: Provenance


def named(quantities: Iterable[Quantity], name: str) -> list[Quantity]:
    """Return the quantities of a name."""
    return [quantity for quantity in quantities if quantity.name == name]


def steps(report: Report, count: int, start: float = 0.0, end: float = 1.0) -> Iterator[int]:
    """Yield 0 to count - 1, and report before each the share of the span from start to end that is done."""
    for step in range(count):
        report(start + (end - start) * step / count)
        yield step
    report(end)


def parts(report: Report, items: Iterable[Item]) -> Iterator[tuple[Item, Report]]:
    """Yield items, each with a report for its part of the work; the parts are of like length."""
    items = list(items)
    for number, item in enumerate(items):
        yield item, part_of(report, number / len(items), (number + 1) / len(items))


def part_of(report: Report, start: float, end: float) -> Report:
    """Return a report for a part of the work, which lies between two shares of the whole."""
    return lambda share: report(start + (end - start) * share)
