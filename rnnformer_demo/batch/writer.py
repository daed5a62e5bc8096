"""Scored rows to a file: CSV, JSON lines or Parquet, by its name. It appears whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from ..checkpoints.aside import moved_into
from ..data import InputError
from ..data.listing import listed

Chunks = Iterable[list[dict[str, Any]]]
_TEXTS = ("place", "id", "label", "reason", "units", "scores")  # columns of texts; the others hold one kind of numbers


def check_suffix(path: Path) -> None:
    """Refuse a name whose suffix no writer has.

    Raises:
        InputError: for such a name.
    """
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"--out must end in {listed(list(_WRITERS))}, got {path.name[:60]!r}.")


def write_rows(path: Path, columns: Sequence[str], chunks: Chunks) -> None:
    """Write rows, cells by column, chunk by chunk.

    Args:
        path: see `check_suffix`.
    """
    with moved_into(path) as new:
        _WRITERS[path.suffix.lower()](new, columns, chunks)


def _csv(path: Path, columns: Sequence[str], chunks: Chunks) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, columns, chunks)


def write_csv(file: IO[str], columns: Sequence[str], chunks: Chunks, header: bool = True) -> None:
    """Write rows as CSV, with a first line that names the columns unless it was written before."""
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    if header:
        writer.writeheader()
    for rows in chunks:
        writer.writerows(rows)


def _json_lines(path: Path, columns: Sequence[str], chunks: Chunks) -> None:
    with path.open("w", encoding="utf-8") as file:
        for rows in chunks:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _parquet(path: Path, columns: Sequence[str], chunks: Chunks) -> None:
    """Write each chunk as a row group."""
    import fastparquet
    import pandas

    begun = False
    for rows in chunks:
        frame = pandas.DataFrame(rows, columns=list(columns))
        for column in frame.columns.intersection(_TEXTS):
            frame[column] = frame[column].map(str).astype(object)
        if len(frame) or not begun:
            fastparquet.write(str(path), frame, append=begun, object_encoding="utf8", write_index=False)
            begun = True


_WRITERS: dict[str, Callable[[Path, Sequence[str], Chunks], None]] = {
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
