"""Readers of labelled data sets: tables of text, folders and zips of photos. A bad row is reported, never dropped in
silence."""

import csv
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .sample import InputError

TEXT_COLUMNS = ("text", "sentence", "review", "content")
LABEL_COLUMNS = ("label", "class", "name", "category")
_IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
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


@dataclass(frozen=True)
class PhotoRow:
    """One labelled photo: its path inside the set, its class, and its split ("" where the set has none)."""

    path: str
    label: str
    split: str


class FileSet:
    """The files of a folder or a zip.

    Attributes:
        path: the folder or zip.
        names: names of the files inside, sorted.

    Raises:
        InputError: for a path that is neither.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        self.path = path
        if path.is_dir():
            self.names = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
            self._read: Callable[[str], bytes] = lambda name: (path / name).read_bytes()
        elif zipfile.is_zipfile(path):
            archive = zipfile.ZipFile(path)
            self.names = sorted(name for name in archive.namelist() if not name.endswith("/"))
            self._read = archive.read
        else:
            raise InputError(f"{path.name} must be a folder or a zip with one folder a class, or with an index.csv.")

    def read(self, name: str) -> bytes:
        """Read the bytes of one file.

        Raises:
            InputError: where it is missing, or its part of the zip is damaged or encrypted.
        """
        try:
            return self._read(name)
        except (OSError, KeyError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{name} cannot be read from {self.path.name}: {error}.") from error

    def index(self) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
        """Read the columns and the rows of index.csv, each row with its line.

        Raises:
            InputError: where it cannot be read.
        """
        try:
            table = csv.DictReader(io.StringIO(self.read("index.csv").decode("utf-8-sig"), newline=""), strict=True)
            return list(table.fieldnames or []), [(table.line_num, row) for row in table]
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"index.csv cannot be read as a UTF-8 table: {error}.") from error


class PhotoSet(FileSet):
    """Labelled photos in a folder (one folder a class, or with index.csv) or in a zip (the same two forms).

    index.csv has the columns `path`, `class` or `name`, and optionally `split`.

    Raises:
        InputError: for a path that is neither, and for a set without photos.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self.rows = self._indexed() if "index.csv" in self.names else _by_folder(self.names)
        if not self.rows:
            raise InputError(f"{self.path.name} holds no labelled photos.")

    def _indexed(self) -> list[PhotoRow]:
        columns, lines = self.index()
        label = next((column for column in ("class", "name", "label") if column in columns), None)
        if "path" not in columns or label is None:
            raise InputError(f"index.csv must have the columns path and class (or name), got {columns}.")
        for line, row in lines:
            if not row["path"] or not row[label]:
                raise InputError(f"index.csv has no {'path' if not row['path'] else label} in line {line}: fill it in.")
        return [PhotoRow(row["path"], row[label], row.get("split") or "") for _, row in lines]

    @property
    def test_split(self) -> str | None:
        """The split to test on, as `select` takes it: "test", or None for all photos where there is none."""
        return "test" if any(row.split == "test" for row in self.rows) else None

    def select(self, split: str | None) -> list[PhotoRow]:
        """Return the photos of a split; all of them where `split` is None or the set has no splits.

        Raises:
            InputError: where the set has splits, but not this one.
        """
        splits = {row.split for row in self.rows} - {""}
        if split is None or not splits:
            return self.rows
        if split not in splits:
            raise InputError(f"There is no split {split!r}: this set has {', '.join(sorted(splits))}.")
        return [row for row in self.rows if row.split == split]


def _by_folder(names: list[str]) -> list[PhotoRow]:
    rows = []
    for name in names:
        path = Path(name)
        if path.suffix.lower() in _IMAGE_SUFFIXES and len(path.parts) > 1:
            rows.append(PhotoRow(name, path.parts[-2], ""))
    return rows


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
