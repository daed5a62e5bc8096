"""Rows of a table or of a set of photos, one after the other, in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from ..data import InputError
from ..data.columns import Columns, TableOptions, choose_text, fits_text
from ..data.delimited import find_separator, rows_of_blocks, split_line
from ..data.encodings import DAMAGED, MEANINGLESS
from ..data.file_sets import FileSet
from ..data.folders import reason_to_skip
from ..data.json_rows import json_lines, json_rows
from ..data.listing import listed
from ..data.streaming import LineBlocks
from ..data.tables import JSON, PARQUET, is_table, kind_of
from .rows import Row, Source

Record = tuple[int, dict[str, Any] | str]  # place, and cells by column, or the fault


def read_rows(path: Path, modality: str, options: TableOptions, id_column: str | None = None) -> Source:
    """Return the rows of a table of texts, or the photos of a folder or a zip.

    Args:
        path: see `is_table` for tables.
        modality: of the model that is to read them, "text" or "image".
        options: how a table is written.
        id_column: names the rows; the place does where it is None.

    Raises:
        InputError: for a file that is missing, damaged, or of another kind than the model reads.
    """
    if not path.exists():
        raise InputError(f"There is no file {path}: check the path.")
    if modality == "image":
        if is_table(path) or options != TableOptions() or id_column:
            raise InputError("A model of photos reads a folder or a zip of photos, to which no flag of tables applies.")
        return _photos(FileSet(path))
    if not is_table(path):
        raise InputError(
            f"A model of texts reads a table, and {path.name} must be a .csv, .tsv, .jsonl or .parquet file (the first "
            "three also as .gz, .xz, .bz2 or .zip)."
        )
    if kind_of(path) in PARQUET:
        return _parquet(path, options, id_column)
    return text_rows(path, path.name, options, id_column)


def text_rows(source: Path | bytes, name: str, options: TableOptions, id_column: str | None = None) -> Source:
    """Return the rows of a table of texts that is no Parquet: a path, or the bytes of a file of that name.

    Raises:
        InputError: see `read_rows`.
    """
    blocks = LineBlocks(source, name, options.encoding)
    read = _json if kind_of(Path(name)) in JSON else _delimited
    return Source(read(blocks, options, name, id_column), lambda: blocks.share)


def _photos(files: FileSet) -> Source:
    read = 0

    def rows() -> Iterator[Row]:
        nonlocal read
        for name in files.names:
            read += 1
            yield _photo(files, name)

    return Source(rows(), lambda: read / max(1, len(files.names)))


def _photo(files: FileSet, name: str) -> Row:
    try:
        reason = reason_to_skip(name, lambda: files.read(name, most=16))
        return Row(name, name, fault=reason) if reason else Row(name, name, files.read(name))
    except InputError as error:
        return Row(name, name, fault=str(error))


def _delimited(blocks: Iterable[list[str]], options: TableOptions, name: str, id_column: str | None) -> Iterator[Row]:
    waiting = iter(blocks)
    first = next(waiting, [])
    separator, start = find_separator(first, options.sep, lambda header: fits_text(header, options))
    header = [cell.strip() for cell in split_line(first[start], separator)] if len(first) > start else []
    if any(DAMAGED in cell for cell in header):
        raise InputError(f"The first line of {name} cannot be decoded: name its encoding with --encoding.")
    columns = choose_text(header, options, name)
    rows = rows_of_blocks(
        chain([first], waiting), separator, start, start if columns.numbered else start + 1, len(header)
    )
    records = ((line, row if isinstance(row, str) else dict(zip(columns.all, row, strict=True))) for line, row in rows)
    return _rows(records, columns, _id_of(columns, id_column, name))


def _json(blocks: Iterable[list[str]], options: TableOptions, name: str, id_column: str | None) -> Iterator[Row]:
    waiting = iter(blocks)
    first = next(waiting, [])
    is_list = "".join(first).lstrip().startswith("[")  # which is read as a whole
    lines = chain(first, chain.from_iterable(waiting))
    records = json_rows("\n".join(lines)) if is_list else json_lines(lines)
    begun: list[Record] = []
    for record in records:  # to the first that can be read
        begun.append(record)
        if isinstance(record[1], dict):
            break
    keys = list(begun[-1][1]) if begun and isinstance(begun[-1][1], dict) else []
    columns = choose_text(keys, options, name, spelled_alike=True)
    sound = ((line, _json_fault(record) or record) for line, record in chain(begun, records))
    return _rows(sound, columns, _id_of(columns, id_column, name))


def _json_fault(record: dict[str, Any] | str) -> str:
    damaged = isinstance(record, dict) and any(DAMAGED in cell for cell in record.values() if isinstance(cell, str))
    return MEANINGLESS if damaged else ""


def _parquet(path: Path, options: TableOptions, id_column: str | None) -> Source:
    from fastparquet import ParquetFile

    with _parquet_damage(path):
        file = ParquetFile(str(path))
    columns = choose_text(list(file.columns), options, path.name)
    named = _id_of(columns, id_column, path.name)
    wanted = [columns.text, *([named] if named else [])]

    read, groups = 0, len(file.row_groups)

    def records() -> Iterator[Record]:
        nonlocal read
        number = 0
        for group in range(groups):
            with _parquet_damage(path):
                frame = file[group].to_pandas(columns=wanted)
            read = group + 1
            cells = [frame[column].tolist() for column in wanted]
            for row in zip(*cells, strict=True):
                number += 1
                yield number, dict(zip(wanted, row, strict=True))

    return Source(_rows(records(), columns, named), lambda: read / max(1, groups))


@contextmanager
def _parquet_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged file ends in errors of many kinds
        raise InputError(f"{path.name} cannot be read as Parquet: {error or type(error).__name__}.") from error


def _id_of(columns: Columns, named: str | None, name: str) -> str | None:
    if named is not None and named not in columns.all:
        raise InputError(f"{name} has no column {named[:40]!r}: it has {listed([repr(each) for each in columns.all])}.")
    return named


def _rows(records: Iterable[Record], columns: Columns, id_column: str | None) -> Iterator[Row]:
    for place, record in records:
        if isinstance(record, str):
            yield Row(place, place, fault=record)
            continue
        text, _ = columns.cells(record)
        cell = record.get(id_column) if id_column else place
        name = cell if isinstance(cell, str | int) else str(cell)
        is_text = isinstance(text, str) and bool(text.strip())
        yield Row(place, name, text.strip()) if is_text else Row(place, name, fault="no text")
