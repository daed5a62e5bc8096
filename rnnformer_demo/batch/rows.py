"""Rows on their way through a batch: as they are read, and as they are scored or rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One input.

    Attributes:
        place: line of a text file on which it begins, number of a record, or path of a photo within its set.
        id: the cell of the column that names rows; the place where none does.
        source: the text, or the bytes of a photo.
        fault: why there is none; "" where there is.
    """

    place: int | str
    id: Any
    source: str | bytes = ""
    fault: str = ""


@dataclass(frozen=True)
class Source:
    """Rows of a file.

    Attributes:
        rows: one after the other.
        share: tells how much of the file has been read, 0-1.
    """

    rows: Iterator[Row]
    share: Callable[[], float]


@dataclass(frozen=True)
class Results:
    """What a chunk of rows has come to: each row is among the one or the other.

    Attributes:
        scored: cells by column, see `Scorer.columns`.
        rejected: place, id and reason of each of the others.
    """

    scored: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
