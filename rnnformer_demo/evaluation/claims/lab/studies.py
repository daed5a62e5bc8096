"""Recorded studies as quantities: differences between conditions, seed by seed. Imports no torch."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...records import RESULTS, read_record
from ...reporting.study_tables import by_condition
from .result import Plot, Point, Quantity, Series
from .statistics import differences, mean_interval, quantity

_ROOT = Path(__file__).resolve().parents[4]


def source(path: Path) -> str:
    """Return the path of a recorded study in the repository."""
    return path.relative_to(_ROOT).as_posix()


def gain(path: Path, condition: str, against: str, figure: str, where: Mapping[str, str | float]) -> Quantity:
    """Return by how many points a condition of a study is better than another, over the seeds that both have.

    Args:
        figure: a share in each row of the study, such as "accuracy".
    """
    rows = {row["seed"]: 100 * row[figure] for row in by_condition(path)[condition]}
    others = {row["seed"]: 100 * row[figure] for row in by_condition(path)[against]}
    seeds = sorted(rows.keys() & others.keys())
    found = differences([rows[seed] for seed in seeds], [others[seed] for seed in seeds])
    return quantity("gain in accuracy", {**where, "model": condition, "against": against}, found, "points")


def compared(path: Path, conditions: Mapping[str, str], figures: Mapping[str, str], title: str) -> Plot:
    """Return a plot of conditions of a study, by their titles.

    Args:
        figures: keys of its rows by the titles of their series.
    """
    groups = by_condition(path)
    return Plot(
        title,
        "model",
        "accuracy, %",
        tuple(
            Series(
                label,
                tuple(
                    Point(name, *mean_interval([100 * row[figure] for row in groups[condition]]))
                    for name, condition in conditions.items()
                ),
            )
            for label, figure in figures.items()
        ),
    )


def shipped(hybrid: str, baselines: Sequence[str]) -> list[Quantity]:
    """Return by how many points a shipped hybrid is better than shipped baselines, on the same inputs of each test."""
    return [
        paired(
            {"test": test, "model": hybrid, "against": f"{hybrid}-{baseline}"},
            figures["n"],
            figures["paired"]["only_first"],
            figures["paired"]["only_this"],
        )
        for baseline in baselines
        for test, figures in read_record(f"{hybrid}-{baseline}")["tests"].items()
    ]


def records_of(hybrid: str, baselines: Sequence[str]) -> list[str]:
    """Return the files that `shipped` reads."""
    return [source(RESULTS / f"{hybrid}-{baseline}.json") for baseline in baselines]


def paired(where: Mapping[str, str | float], n: int, only_one: int, only_other: int) -> Quantity:
    """Return the difference of the accuracies of two models on the same inputs, with its 95 % interval (the normal one
    of a difference of paired shares).

    Args:
        n: number of inputs.
        only_one, only_other: how many of them one model alone gets right.
    """
    mean = (only_one - only_other) / n
    half = 1.96 * math.sqrt((only_one + only_other) / n - mean**2) / math.sqrt(n)
    low, high = 100 * (mean - half), 100 * (mean + half)
    return Quantity("gain in accuracy", dict(where), 100 * mean, low, high, "points", n)
