"""Records of JSON lines, or of one JSON list, each with its place."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .encodings import lines_of


class _Repeated(ValueError):
    """A key that stands twice in an object; the message is the key."""


def json_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield each record with its line, or with its number in a list; a fault stands in place of a bad one."""
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text, object_pairs_hook=_unique)
        except (ValueError, RecursionError):
            listed = None  # of several lines that are lists, each is a bad record
        if isinstance(listed, list) and any(isinstance(record, dict) for record in listed):
            yield from ((number, _object(record)) for number, record in enumerate(listed, start=1))
            return
    yield from json_lines(lines_of(text))


def json_lines(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield each record of JSON lines with its line; a fault stands in place of a bad one."""
    for line, part in enumerate(lines, start=1):
        if part.strip():
            yield line, _parsed(part)


def _parsed(text: str) -> dict[str, Any] | str:
    try:
        return _object(json.loads(text, object_pairs_hook=_unique))
    except _Repeated as error:
        return f"the key {str(error)!r} stands in it twice"
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a ValueError of another kind
        return f"not JSON ({getattr(error, 'msg', error)})"


def _object(record: Any) -> dict[str, Any] | str:
    return record if isinstance(record, dict) else "not a JSON object"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for number, (key, _) in enumerate(pairs):
        if key in (other for other, _ in pairs[:number]):
            raise _Repeated(key)
    return dict(pairs)
