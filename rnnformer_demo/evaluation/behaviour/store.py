"""Results of behavioural tests, a file a model in `evaluation/results/behaviour/`, and their tables. Read without
torch."""

from pathlib import Path
from typing import Any

from ...checkpoints.cards import in_families
from ..records import RESULTS as RECORDS
from ..records import read_lines, write_lines
from ..reporting.figures import percent
from ..reporting.markdown import table

RESULTS = RECORDS / "behaviour"
_NONE = "Nothing has been measured yet."


def write(result: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write the result of a model without its failing cases, which the command makes again.

    Raises:
        InputError: for a folder that cannot be written to.
    """
    kept = {key: value for key, value in result.items() if key != "failing"}
    return write_lines(folder / f"{result['model']}.json", kept, "capabilities")


def read(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Return the result of a model; {} without one."""
    return read_lines(folder / f"{name}.json")


def load_results(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Return all results: of each language those of the hybrid, its baselines, then teachers."""
    places = {name: place for place, name in enumerate(in_families())}
    names = sorted(path.stem for path in folder.glob("*.json"))
    results = [read(name, folder) for name in names]
    return sorted(results, key=lambda result: (result["language"], places.get(result["model"], len(places))))


def rate(figures: dict[str, Any]) -> str:
    """Return a failure rate and its interval: "2.0 (0.8 to 5.0)"."""
    low, high = figures["interval"]
    return f"{percent(figures['failure_rate'])} ({percent(low)} to {percent(high)})"


def markdown(results: list[dict[str, Any]]) -> str:
    """Return a table a language: a row a capability, a column a model."""
    tables = []
    for language in dict.fromkeys(result["language"] for result in results):
        own = [result for result in results if result["language"] == language]
        names = dict.fromkeys(name for result in own for name in result["capabilities"])
        header = ("failures, %", "test", "n", *(f"`{result['model']}`" for result in own))
        rows = []
        for name in names:
            figures = [result["capabilities"].get(name) for result in own]
            (first, *_) = [each for each in figures if each]
            rows.append((name, first["kind"], first["n"], *(rate(each) if each else "" for each in figures)))
        tables.append(table(header, rows, "llr" + "r" * len(own)))
    return "\n\n".join(tables) or _NONE
