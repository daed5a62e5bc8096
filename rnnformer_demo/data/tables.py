"""Tables of labelled texts: CSV in any dialect and encoding, TSV, JSON lines, Parquet. A bad row is reported with the
line on which it begins, never dropped in silence."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .columns import Columns, TableOptions, choose, fits, folded
from .delimited import SEPARATORS, find_separator, rows_of, split_line
from .encodings import DAMAGED, MEANINGLESS, PACKED, decode, lines_of, read_bytes
from .json_rows import json_rows
from .rows import Rejected, TextRow
from .sample import InputError

DELIMITED, JSON, PARQUET = (".csv", ".tsv", ".tab", ".psv"), (".jsonl", ".ndjson", ".json"), (".parquet",)
# What pandas takes as a missing value, in a column of labels; a text may well be "None".
_MISSING = {"", "nan", "na", "n/a", "null", "<na>", "#n/a", "#na", "-nan", "None"}
Record = tuple[int, dict[str, Any] | str]  # line, and cells by column, or the fault


@dataclass(frozen=True)
class Table:
    """A table as it stands, with its cells by column.

    Attributes:
        columns: names of the columns that hold texts and labels, and of all others.
        records: its rows.
        written: how it is written, in words.
    """

    columns: Columns
    records: list[Record]
    written: str


@dataclass(frozen=True)
class TextTable:
    """Labelled texts of a file.

    Attributes:
        rows: those that could be read.
        rejected: those that could not.
        notice: which columns were taken, and how the file is written.
    """

    rows: list[TextRow]
    rejected: list[Rejected]
    notice: str


def is_table(path: Path) -> bool:
    """Tell by its name if a file is a table, packed or not."""
    return kind_of(path) in (*DELIMITED, *JSON, *PARQUET)


def kind_of(path: Path) -> str:
    """Return the suffix that tells how a table is written, such as ".csv" for reviews.csv.gz; "" for none."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix not in PACKED), "")


def read_texts(path: str | Path, options: TableOptions | None = None) -> TextTable:
    """Read the labelled texts of a table; see `read_table`.

    Raises:
        InputError: see `read_table`; and for a table without a good row.
    """
    path = Path(path)
    table = read_table(path, options)
    rows: list[TextRow] = []
    rejected: list[Rejected] = []
    for line, record in table.records:
        row = checked(line, record, table.columns)
        if isinstance(row, Rejected):
            rejected.append(row)
        else:
            rows.append(row)
    if not rows:
        first = f"; line {rejected[0].line}: {rejected[0].reason}" if rejected else ""
        raise InputError(f"{path.name} holds no row with a text and a label ({len(rejected)} rejected){first}.")
    columns = f"texts from the column {table.columns.text!r}, labels from {table.columns.label!r}"
    return TextTable(rows, rejected, f"{path.name}: {columns} ({table.written})")


def read_table(path: Path, options: TableOptions | None = None) -> Table:
    """Read a table of texts and labels: .csv, .tsv, .jsonl or .parquet, also packed (.gz, .xz, .bz2, .zip).

    Its first line names the columns: text (or sentence, review, content ...) and label (or class, category, sentiment
    ...); the options may name others.

    Raises:
        InputError: for a file that is missing, of another kind, or without those columns.
    """
    options, kind = options or TableOptions(), kind_of(path)
    if not is_table(path):
        raise InputError(
            f"{path.name} must be a .tsv, .csv, .jsonl or .parquet file (the first three also as .gz, .xz, .bz2 or "
            ".zip): save it as one of them."
        )
    if kind in PARQUET:
        return _parquet(path, options)
    text, encoding = decode(read_bytes(path), options.encoding, path.name)
    if kind in JSON:
        return _of_json(text, encoding, options, path.name)
    return _delimited(lines_of(text), encoding, options, path.name)


def _delimited(lines: Sequence[str], encoding: str, options: TableOptions, name: str) -> Table:
    separator, start = find_separator(lines, options.sep, lambda header: fits(header, options))
    header = [name.strip() for name in split_line(lines[start], separator)] if len(lines) > start else []
    if any(DAMAGED in cell for cell in header):
        raise InputError(f"The first line of {name} is not {encoding}: name its encoding with --encoding.")
    columns = choose(header, options, name)
    first = start if columns.numbered else start + 1
    rows = rows_of(lines[start:], separator, first - start, len(header), columns.all.index(columns.label))
    records = [
        (line + start, row if isinstance(row, str) else dict(zip(columns.all, row, strict=True))) for line, row in rows
    ]
    return Table(columns, records, f"{encoding}, {SEPARATORS.get(separator, repr(separator))}")


def _of_json(text: str, encoding: str, options: TableOptions, name: str) -> Table:
    records = list(json_rows(text))
    keys = dict.fromkeys(key for _, record in records if isinstance(record, dict) for key in record)
    if not keys:
        return Table(Columns("text", "label", ("text", "label")), records, encoding)
    columns = choose(list(keys), options, name, spelled_alike=True)
    return Table(
        columns, [(line, _json_fault(record, columns, options) or record) for line, record in records], encoding
    )


def _json_fault(record: dict[str, Any] | str, columns: Columns, options: TableOptions) -> str | None:
    if isinstance(record, str):
        return None
    if any(DAMAGED in value for value in record.values() if isinstance(value, str)):
        return MEANINGLESS
    names = [folded(key) for key in record]
    guessed = {columns.text, columns.label} - {options.text_column, options.label_column}
    twice = [column for column in sorted(guessed) if names.count(folded(column)) > 1]
    return f"the key {twice[0]!r} stands in it twice" if twice else None


def _parquet(path: Path, options: TableOptions) -> Table:
    from fastparquet import ParquetFile

    if not path.exists():
        raise InputError(f"There is no file {path}: check the path.")
    try:
        file = ParquetFile(str(path))
        columns = choose(list(file.columns), options, path.name)
        frame = file.to_pandas(columns=[columns.text, columns.label])
    except InputError:
        raise
    except Exception as error:  # a damaged file ends in errors of many kinds
        raise InputError(f"{path.name} cannot be read as Parquet: {error or type(error).__name__}.") from error
    cells = zip(frame[columns.text].tolist(), frame[columns.label].tolist(), strict=True)
    records: list[Record] = [
        (number, {columns.text: text, columns.label: label}) for number, (text, label) in enumerate(cells, start=1)
    ]
    return Table(columns, records, "Parquet")


def checked(line: int, record: dict[str, Any] | str, columns: Columns) -> TextRow | Rejected:
    """Return the labelled text of a record, or what it lacks."""
    if isinstance(record, str):
        return Rejected(line, record)
    text, label = columns.cells(record)
    if not isinstance(text, str) or not text.strip():
        return Rejected(line, "no text")
    named = label_text(label)
    if named is None:
        return Rejected(line, "no label" if not isinstance(label, str) or not label.strip() else f"no label ({label})")
    return TextRow(line, text.strip(), named)


def label_text(label: Any) -> str | None:
    """Return a label as text; None for a missing one, and for what is none, such as a list."""
    if isinstance(label, bool):
        return str(label).lower()
    if isinstance(label, float) and label != label:
        return None
    text = str(label).strip() if isinstance(label, str | int | float) else ""
    return None if text in _MISSING or text.casefold() in _MISSING else text
