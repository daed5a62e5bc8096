"""Results on everyday texts, in `evaluation/results/shift.json`, and their table. Read without torch."""

from pathlib import Path
from typing import Any

from ..records import RESULTS as RECORDS
from ..records import read_lines, write_lines
from ..reporting.figures import accuracy_with_interval, percent
from ..reporting.markdown import table
from .sets import SETS

RESULTS = RECORDS / "shift" / "everyday.json"
_HEADER = ("set", "n", "model", "right, %", "both of a pair right, %", "ECE, %", "ECE by chance, %", "p (Holm)")


def write(result: dict[str, Any], path: Path = RESULTS) -> Path:
    """Write what a call measured, in the place of the last one.

    Raises:
        InputError: for a folder that cannot be written to.
    """
    return write_lines(path, result, "results")


def load_result(path: Path = RESULTS) -> dict[str, Any]:
    """Return what was measured last; {} where nothing was."""
    return read_lines(path)


def markdown(result: dict[str, Any]) -> str:
    """Return the table: a row for each set and model."""
    if not result:
        return "Nothing has been measured yet."
    notes = {everyday.name: f"; {everyday.note}" for everyday in SETS if everyday.note}
    rows = [
        (
            f"{each['data']}{notes.get(each['data'], '')}{_repeats(each)}",
            f"{each['n']:,}",
            f"`{each['model']}`",
            accuracy_with_interval(each),
            accuracy_with_interval(each["both"]) if "both" in each else "",
            f"{percent(each['ece'])} ({percent(each['ece_interval'][0])} to {percent(each['ece_interval'][1])})",
            percent(each["ece_by_chance"]),
            _p_value(each["paired"]["p_holm"]) if "paired" in each else "",
        )
        for each in result["results"]
    ]
    return table(_HEADER, rows, "lrlrrrrr")


def _repeats(figures: dict[str, Any]) -> str:
    return f"; {figures['repeats']:,} repeats left out" if figures["repeats"] else ""


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
