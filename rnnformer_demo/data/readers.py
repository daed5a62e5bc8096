"""Readers of labelled photos: folders and zips. A bad row is reported, never dropped in silence."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .sample import InputError

_IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}


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
