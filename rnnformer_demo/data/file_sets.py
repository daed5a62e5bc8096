"""The files of a folder or a zip, by names that can be read whatever system wrote them."""

import csv
import io
import os
import posixpath
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from .opening import MAX_BYTES
from .sample import InputError

_UTF8_FLAG = 0x800  # of a zip's entry; without it a name may be in any encoding, and Python takes it for cp437
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")


class FileSet:
    """The files of a folder or a zip.

    Attributes:
        path: the folder or zip.
        names: names of the files inside, sorted: parts between "/", in Unicode's composed form.

    Raises:
        InputError: for a path that is neither.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path = Path(path)
        self._openers: dict[str, Callable[[], IO[bytes]]] = {}
        self._archive: zipfile.ZipFile | None = None  # kept open as long as the set
        if path.is_dir():
            for raw, name in sorted(_walk(path)):
                # Two names that are read alike are rare; the second keeps its own, or its file would be lost.
                self._openers[raw if name in self._openers else name] = partial(_opened, path / raw)
        elif zipfile.is_zipfile(path):
            try:
                self._archive = archive = zipfile.ZipFile(path)
            except (zipfile.BadZipFile, OSError, ValueError) as error:
                raise InputError(f"{path.name} cannot be read as a zip: {error}. Pack it again.") from error
            for entry in archive.infolist():
                name = _name_in_zip(entry)
                if not entry.is_dir() and not name.endswith("/"):
                    self._openers[name] = partial(archive.open, entry)
        else:
            raise InputError(f"{path.name} must be a folder or a zip with one folder a class, or with an index.csv.")
        self.names = sorted(self._openers)

    def read(self, name: str, most: int = MAX_BYTES + 1) -> bytes:
        """Read the bytes of one file.

        Args:
            name: as in `names`, or as an index.csv writes it.
            most: bytes that are read of a longer one; one more than a photo may have.

        Raises:
            InputError: where it is missing, or its part of the zip is damaged or encrypted.
        """
        try:
            with self._openers[name if name in self._openers else clean_name(name)]() as file:
                return file.read(most)
        except KeyError as error:
            raise InputError(f"{name} cannot be read from {self.path.name}: there is no such file in it.") from error
        except (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{name} cannot be read from {self.path.name}: {error}.") from error

    def index(self, name: str = "index.csv") -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
        """Read the columns and the rows of index.csv, each row with its line.

        Raises:
            InputError: where it cannot be read.
        """
        try:
            text = self.read(name, most=-1).decode("utf-8-sig")
            table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            return list(table.fieldnames or []), [(table.line_num, row) for row in table]
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"index.csv cannot be read as a UTF-8 table: {error}.") from error


def clean_name(name: str) -> str:
    r"""Return a name in the form of `FileSet.names`: "cats/1.jpg" for "cats\1.jpg" and for "./cats/1.jpg"."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/"))
    tail = "/" if plain.endswith("/") else ""
    return posixpath.normpath(plain).lstrip("/") + tail if plain.strip("/") else plain


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb")


def _walk(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of a folder, links to folders included: as the system names them, and as they are read.

    Raises:
        InputError: for a folder in it that cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from error

    seen: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link to a folder that holds it would never end
            folders.clear()
            continue
        seen.add(real)
        for file in files:
            whole = os.path.join(place, file)
            if os.path.isfile(whole) or not os.path.exists(whole):  # a broken link says so when it is read
                raw = os.path.relpath(whole, folder)
                yield raw, clean_name(_decoded(os.fsencode(raw)))


def _name_in_zip(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & _UTF8_FLAG:
        return clean_name(entry.filename)
    return clean_name(_decoded(entry.filename.encode("cp437"), "cp437"))


def _decoded(name: bytes, otherwise: str = "cp1252") -> str:
    """Return a name: in UTF-8 where it can be, else in Chinese where it is all Chinese then, else in Latin letters."""
    for encoding in ("utf-8", "gb2312"):
        try:
            text = name.decode(encoding)
        except UnicodeDecodeError:
            continue
        letters = "".join(letter for letter in text if not letter.isascii())
        if encoding == "utf-8" or _CHINESE.fullmatch(letters):
            return text
    return name.decode(otherwise, "replace")
