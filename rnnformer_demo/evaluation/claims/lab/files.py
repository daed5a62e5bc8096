"""Results as JSON, and the recorded ones on disk. Imports no torch."""

import json
import math
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ....checkpoints.aside import write_aside
from .result import Measured, Result

RECORDED = Path(__file__).resolve().parents[2] / "results" / "claims"
_DIGITS = 6  # significant digits of a number on disk


def to_dict(result: Result) -> dict[str, Any]:
    """Return a result as JSON takes it: infinite ends of intervals as null."""
    return _plain(asdict(result))


@cache
def _adapter(kind: type) -> TypeAdapter:
    return TypeAdapter(kind)


def from_dict(values: dict[str, Any]) -> Result:
    """Return the result that `to_dict` gave."""
    return _adapter(Result).validate_python(values | {"measured": _measured(values["measured"])})


def _measured(values: dict[str, Any]) -> Measured:
    quantities = [
        entry | {"low": _or(entry["low"], -math.inf), "high": _or(entry["high"], math.inf)}
        for entry in values["quantities"]
    ]
    return _adapter(Measured).validate_python(values | {"quantities": quantities})


def rounded(measured: Measured) -> Measured:
    """Return what was measured as a file will hold it, so that a rule reads the same numbers there."""
    return _measured(_plain(asdict(measured)))


def recorded(name: str, folder: Path = RECORDED) -> Result | None:
    """Return the recorded result of a claim; None where there is none yet."""
    path = folder / f"{name}.json"
    return from_dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def agreement(result: Result) -> str:
    """Return a sentence on whether a live verdict is the recorded one; "" for the recorded one itself, and where there
    is none."""
    known = recorded(result.claim)
    if known is None or result.size == known.size:
        return ""
    if known.verdict.answer == result.verdict.answer:
        return "The same verdict as the recorded one."
    return (
        f"Another verdict than the recorded one, which is: {known.verdict.answer}. A short measurement has fewer "
        "rounds, seeds and lengths, and wider intervals."
    )


def record(result: Result, folder: Path = RECORDED) -> Path:
    """Write a result in the place of an earlier one, one plot or quantity a line, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    values = to_dict(result)
    measured = values.pop("measured")
    lists = ",\n".join(
        f'  "{key}": [\n' + ",\n".join(f"   {_line(entry)}" for entry in measured.pop(key)) + "\n  ]"
        for key in ("plots", "quantities")
    )
    rest = "".join(f',\n  "{key}": {_line(value)}' for key, value in measured.items())
    head = "".join(f' "{key}": {_line(value)},\n' for key, value in values.items())
    path = folder / f"{result.claim}.json"
    write_aside(path, f'{{\n{head} "measured": {{\n{lists}{rest}\n }}\n}}\n')
    return path


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return value


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
