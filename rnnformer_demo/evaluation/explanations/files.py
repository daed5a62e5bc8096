"""The text files of a data set with ground truth: their places, lines and names."""

import lzma
import zlib
from pathlib import Path

from ...data import InputError
from ...data.readers import open_text

_PACKED = (".xz", ".gz")


def text_lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines of a text file that are not blank, each with its number from 1; it may end in .xz or .gz.

    Raises:
        InputError: for a file that cannot be read.
    """
    try:
        with open_text(path) as stream:
            return [(number, line) for number, line in enumerate(stream, start=1) if line.strip()]
    except (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read as UTF-8 text: {error}.") from error


def with_any_suffix(folder: Path, stem: str, suffix: str) -> Path | None:
    """Return the file `<stem><suffix>` of a folder, plain or compressed; None where there is none."""
    candidates = (folder / f"{stem}{suffix}{packed}" for packed in ("", *_PACKED))
    return next((path for path in candidates if path.is_file()), None)


def plain_suffix(path: Path) -> str:
    """Return the suffix of a file in lower case, that of a compression left out: ".jsonl" for val.jsonl.xz."""
    return next((suffix.lower() for suffix in reversed(path.suffixes) if suffix not in _PACKED), "")


def set_name(path: Path) -> str:
    """Return the name of a file in results: "movie-rationales val" for movie-rationales/val.jsonl.xz."""
    return f"{path.parent.name} {path.name.split('.')[0]}".strip()
