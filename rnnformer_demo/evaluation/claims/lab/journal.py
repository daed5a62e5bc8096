"""A journal of finished trainings, so that a long measurement that was ended goes on from where it was."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ....data import InputError

_PATH: ContextVar[Path | None] = ContextVar("journal", default=None)


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
    token = _PATH.set(path)
    try:
        yield
    finally:
        _PATH.reset(token)


def kept(key: dict[str, Any], make: Callable[[], Any]) -> Any:
    """Return what the journal holds under a key; else make it, as JSON takes it, and write it there.

    Args:
        key: all that decides the value.
    """
    path = _PATH.get()
    if path is None:
        return make()
    name = json.dumps(key, sort_keys=True)
    found = _read(path)
    if name not in found:
        found[name] = make()
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "value": found[name]}) + "\n")
    return found[name]


def _read(path: Path) -> dict[str, Any]:
    """Return the entries; a last line that was cut off while it was written does not count."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    entries = [json.loads(line) for line in lines if line.endswith("\n")]
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]), encoding="utf-8")
    return {json.dumps(entry["key"], sort_keys=True): entry["value"] for entry in entries}
