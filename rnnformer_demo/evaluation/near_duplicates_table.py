"""Near-duplicates between tests and training files, in `evaluation/results/near-duplicates.json`, as a table. Read
without torch."""

from pathlib import Path
from typing import Any

from .records import RESULTS as RECORDS
from .records import read_lines, write_lines
from .reporting.figures import accuracy_with_interval
from .reporting.markdown import table

RESULTS = RECORDS / "shift" / "near-duplicates.json"
_HEADER = ("model", "test", "n", "same text", "nearly the same", "other label", "right among them, %", "right else, %")


def write(result: dict[str, Any], path: Path = RESULTS) -> Path:
    """Write what a call measured, without the pairs; what was measured of other models by the same likeness stays.

    Raises:
        InputError: for a folder that cannot be written to.
    """
    before, models = load_result(path), {each["model"] for each in result["results"]}
    others = before["results"] if before.get("likeness") == result["likeness"] else []
    kept = [each for each in others if each["model"] not in models]
    kept += [{key: value for key, value in each.items() if key != "pairs"} for each in result["results"]]
    kept.sort(key=lambda each: each["model"])
    return write_lines(path, result | {"results": kept}, "results")


def load_result(path: Path = RESULTS) -> dict[str, Any]:
    """Return what was measured last; {} where nothing was."""
    return read_lines(path)


def markdown(result: dict[str, Any]) -> str:
    """Return the table: a row for each model and test."""
    if not result:
        return "Nothing has been measured yet."
    rows = [
        (
            f"`{each['model']}`",
            each["data"],
            *(f"{each[key]:,}" for key in ("n", "same", "similar", "other_label")),
            *(accuracy_with_interval(each[key]) if each[key]["n"] else "" for key in ("right_among", "right_else")),
        )
        for each in result["results"]
    ]
    return table(_HEADER, rows, "llrrrrrr")
