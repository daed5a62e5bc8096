"""Access to the files of a data set with ground truth: lines of compressed text, parts of a zip or a folder."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from ..data import InputError

_OPENERS = {".xz": lzma.open, ".gz": gzip.open}


def text_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a text file that are not blank, each with its number from 1; the file may end in .xz or .gz.

    Raises:
        InputError: for a file that cannot be read.
    """
    try:
        with _OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8-sig") as stream:
            return [(number, line) for number, line in enumerate(stream, start=1) if line.strip()]
    except (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read as UTF-8 text: {error}.") from error


def with_any_suffix(folder: Path, stem: str, suffix: str) -> Path | None:
    """The file `<stem><suffix>` of a folder, plain or compressed; None where there is none."""
    candidates = (folder / f"{stem}{suffix}{packed}" for packed in ("", *_OPENERS))
    return next((path for path in candidates if path.is_file()), None)


def plain_suffix(path: Path) -> str:
    """The suffix of a file in lower case, that of a compression left out: ".jsonl" for val.jsonl.xz."""
    return next((suffix.lower() for suffix in reversed(path.suffixes) if suffix not in _OPENERS), "")


def set_name(path: Path) -> str:
    """What a file is called in results: "movie-rationales val" for movie-rationales/val.jsonl.xz."""
    return f"{path.parent.name} {path.name.split('.')[0]}".strip()


class Files:
    """The files inside a folder or a zip.

    Raises:
        InputError: for a path that is neither.
    """

    def __init__(self, path: Path):
        self.path = path
        if path.is_dir():
            self._read: Callable[[str], bytes] = lambda name: (path / name).read_bytes()
        elif zipfile.is_zipfile(path):
            self._read = zipfile.ZipFile(path).read
        else:
            raise InputError(f"{path.name} must be a folder or a zip.")

    def read(self, name: str) -> bytes:
        """The bytes of one file.

        Raises:
            InputError: where it is missing, or its part of the zip is damaged or encrypted.
        """
        try:
            return self._read(name)
        except (OSError, KeyError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{name} cannot be read from {self.path.name}: {error}.") from error
