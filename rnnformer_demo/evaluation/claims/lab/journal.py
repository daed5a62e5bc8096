"""A journal of finished trainings, so that a long measurement that was ended goes on from where it was."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....data import InputError


@dataclass
class _Journal:
    """A journal that is in use: its file, what was asked of it, and the seconds that this took where it was there."""

    path: Path
    asked: set[str] = field(default_factory=set)
    spared: float = 0.0


_IN_USE: ContextVar[_Journal | None] = ContextVar("journal", default=None)


@contextmanager
def journal(path: Path | None) -> Iterator[None]:
    """Keep what `kept` makes in a file, one entry a line; None keeps nothing.

    Raises:
        InputError: for a file that cannot be written, and one that is no journal.
    """
    if path is not None:
        try:
            path.touch()
            _read(path)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}.") from error
        except (ValueError, LookupError, TypeError) as error:
            raise InputError(f"{path} is no journal of trainings: name another file.") from error
    token = _IN_USE.set(_Journal(path) if path else None)
    try:
        yield
    finally:
        _IN_USE.reset(token)


def kept(key: dict[str, Any], make: Callable[[], Any]) -> Any:
    """Return what the journal holds under a key; else make it, as JSON takes it, and write it there.

    Args:
        key: all that decides the value.
    """
    journal = _IN_USE.get()
    if journal is None:
        return make()
    name = _name_of(key)
    entry = _read(journal.path).get(name)
    if entry is None:
        started = time.perf_counter()
        value = make()
        entry = {"key": key, "value": value, "seconds": round(time.perf_counter() - started, 1)}
        with journal.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
    elif name not in journal.asked:
        journal.spared += entry["seconds"]
    journal.asked.add(name)
    return entry["value"]


def spared() -> float:
    """Return the seconds that took what the journal held already."""
    journal = _IN_USE.get()
    return journal.spared if journal else 0.0


def _name_of(key: dict[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the entries by their keys; a last line that was cut off while it was written does not count."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    entries = [json.loads(line) for line in lines if line.endswith("\n")]
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]), encoding="utf-8")
    return {_name_of(entry["key"]): entry for entry in entries}
