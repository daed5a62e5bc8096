"""Readers of tables of labelled texts. A bad row is reported, never dropped in silence."""

import csv
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .sample import InputError

TEXT_COLUMNS = ("text", "sentence", "review", "content")
LABEL_COLUMNS = ("label", "class", "name", "category")
_MAX_FIELD = 10 * 2**20


@dataclass(frozen=True)
class Rejected:
    """A row that could not be read.

    Attributes:
        line: line of the file, counted from 1.
        reason: its fault, in words.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class TextRow:
    """One labelled text; `line` counts from 1."""

    line: int
    text: str
    label: str


def read_texts(path: str | Path) -> tuple[list[TextRow], list[Rejected]]:
    """Read the labelled texts of a TSV, CSV or JSONL file, plain or compressed (.xz, .gz).

    The file names its columns: text (or sentence, review, content) and label (or class, name, category).

    Raises:
        InputError: for a file that is missing, of another kind, without those columns, or without a good row.
    """
    path = Path(path)
    suffixes = [suffix for suffix in path.suffixes if suffix not in (".xz", ".gz")]
    kind = suffixes[-1].lower() if suffixes else ""
    if kind not in (".tsv", ".csv", ".jsonl"):
        raise InputError(f"{path.name} must be a .tsv, .csv or .jsonl file (also as .xz or .gz).")
    try:
        with open_text(path) as stream:
            records = _json_rows(stream) if kind == ".jsonl" else _table_rows(stream, kind, path.name)
            rows, rejected = _checked(records)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}: check the path.") from error
    except (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read as UTF-8 text: {error}.") from error
    if not rows:
        first = f"; line {rejected[0].line}: {rejected[0].reason}" if rejected else ""
        raise InputError(f"{path.name} holds no row with a text and a label ({len(rejected)} rejected){first}.")
    return rows, rejected


def open_text(path: Path) -> io.TextIOBase:
    """Open a text file in UTF-8, unpacked where its name ends in .xz or .gz."""
    openers: dict[str, Callable[..., io.TextIOBase]] = {".xz": lzma.open, ".gz": gzip.open}
    return openers.get(path.suffix, open)(path, "rt", encoding="utf-8-sig", newline="")


def _json_rows(stream: io.TextIOBase) -> Iterator[tuple[int, dict | str]]:
    for line, text in enumerate(stream, start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:  # a number of 5000 digits is a ValueError of another kind
            yield line, f"not JSON ({getattr(error, 'msg', error)})"
            continue
        yield line, record if isinstance(record, dict) else "not a JSON object"


def _table_rows(stream: io.TextIOBase, kind: str, name: str) -> Iterator[tuple[int, dict | str]]:
    csv.field_size_limit(_MAX_FIELD)
    # A TSV holds quotation marks as they are; in a CSV they quote. Strict, or a stray one would join rows in silence.
    options = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if kind == ".tsv" else {"strict": True}
    table = csv.reader(stream, **options)
    try:
        header = [column.strip().lower() for column in next(table, [])]
    except csv.Error as error:
        raise InputError(f"{name} must begin with a line that names its columns: it is no CSV ({error}).") from error
    if not set(header) & set(TEXT_COLUMNS) or not set(header) & set(LABEL_COLUMNS):
        raise InputError(f"{name} must begin with a line that names the columns text and label, got {header[:6]}.")
    while True:
        begins = table.line_num + 1
        try:
            row = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            since = f"; it begins in line {begins}" if begins < table.line_num else ""
            yield table.line_num, f"not {kind[1:].upper()} ({error}{since})"
            continue
        if not row:
            continue
        if len(row) != len(header):
            yield table.line_num, f"{len(row)} columns where the header has {len(header)}"
            continue
        yield table.line_num, dict(zip(header, row, strict=True))


def _checked(records: Iterator[tuple[int, dict | str]]) -> tuple[list[TextRow], list[Rejected]]:
    rows, rejected = [], []
    for line, record in records:
        if isinstance(record, str):
            rejected.append(Rejected(line, record))
            continue
        text = next((record[key] for key in TEXT_COLUMNS if key in record), None)
        label = next((record[key] for key in LABEL_COLUMNS if key in record), None)
        if not isinstance(text, str) or not text.strip():
            rejected.append(Rejected(line, "no text"))
        elif label is None or not str(label).strip():
            rejected.append(Rejected(line, "no label"))
        else:
            rows.append(TextRow(line, text.strip(), str(label).strip()))
    return rows, rejected


def label_index(label: str, labels: tuple[str, ...]) -> int:
    """Return the index of the class that a data set's label means: by name, or by number where it is no name.

    Case does not count, and an underscore stands for a blank, as in the names of folders.

    Raises:
        InputError: for a label that the model does not know.
    """
    folded = {_folded(name): index for index, name in enumerate(labels)}
    if _folded(label) in folded:
        return folded[_folded(label)]
    if label.isdecimal() and len(label) < 10 and int(label) < len(labels):
        return int(label)
    names = ", ".join(labels[:8]) + (", ..." if len(labels) > 8 else "")
    raise InputError(f"There is no label {label[:60]!r}: this model has {names}.")


def _folded(label: str) -> str:
    return label.replace("_", " ").strip().casefold()
