"""Bytes of a file to text: unpacked, in the encoding that is named or found out, with damaged places marked."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .sample import InputError

DAMAGED = "\ufdd0"  # stands where bytes mean nothing: Unicode promises never to make a character of it
MEANINGLESS = "it holds bytes that mean nothing in the encoding of the file"
PACKED = (".gz", ".xz", ".bz2", ".zip")
_UNPACK: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"\xfd7zXZ\0": lzma.decompress,
    b"BZh": bz2.decompress,
}
ZIP = b"PK\x03\x04"
_MARKS = {  # of byte order; that of UTF-32 begins as the one of UTF-16 does
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NULS = 0.1  # share of the bytes above which a text has two or four bytes a character
_SURE = 3  # lines of UTF-8 for each damaged one, from which on a text is UTF-8 with damage
_DOUBTFUL, _COMMONEST = 0.02, "cp1252"  # below this confidence, as for one accented letter, the commonest is taken
_SHOWN = 200_000  # bytes that are shown to the detector


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return DAMAGED, error.end


codecs.register_error("mark-damage", _mark)


def read_bytes(path: Path) -> bytes:
    """Read a file; what is packed is unpacked (gzip, xz, bzip2, a zip of one file), whatever its name says.

    Raises:
        InputError: for a file that is missing or damaged.
    """
    with damage_reported(path):
        data = path.read_bytes()
        if data.startswith(ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return archive.read(only_member(archive, path.name))
        return next((unpack for start, unpack in _UNPACK.items() if data.startswith(start)), bytes)(data)


@contextmanager
def damage_reported(path: Path) -> Iterator[None]:
    """Turn the errors of reading and unpacking a file into sentences."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}: check the path.") from error
    except (OSError, EOFError, ValueError, RuntimeError, lzma.LZMAError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path.name} cannot be read: {error}.") from error


def only_member(archive: zipfile.ZipFile, name: str) -> str:
    """Return the name of the file in a zip that holds a single one.

    Raises:
        InputError: for a zip of none or several.
    """
    files = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX")]
    if len(files) != 1:
        raise InputError(f"{name} holds {len(files)} files: unpack it and name the one to read.")
    return files[0]


def decode(data: bytes, encoding: str | None, name: str) -> tuple[str, str]:
    """Return the text of a file's bytes and its encoding; `DAMAGED` stands for bytes that mean nothing there.

    Args:
        encoding: its name; found out where it is None.
        name: of the file.

    Raises:
        InputError: for an encoding that does not exist, and where none can be found.
    """
    found = encoding or _find(data)
    if found is None:
        raise InputError(f"The encoding of {name} cannot be found out: name it with --encoding, or save it as UTF-8.")
    try:
        text = data.decode(found, "mark-damage")
    except (LookupError, ValueError) as error:
        raise InputError(f"There is no text encoding {found[:60]!r}: utf-8, cp1252 or gb18030 are some.") from error
    return text.removeprefix("\ufeff"), codecs.lookup(found).name.removesuffix("-sig")


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without their ends; a lone carriage return ends one only where nothing else does, and
    is a blank elsewhere."""
    if "\n" not in text:
        text = text.replace("\r", "\n")
    lines = [line.removesuffix("\r").replace("\r", " ") for line in text.split("\n")]
    return lines if lines[-1] else lines[:-1]


def marked_encoding(data: bytes) -> str | None:
    """Return the encoding that a mark of byte order at the beginning of a text names; None without one."""
    return next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), None)


def _find(data: bytes) -> str | None:
    if marked := marked_encoding(data):
        return marked
    if data.count(b"\0") <= _NULS * len(data):
        lines = [line for line in data.split(b"\n") if not line.isascii()]
        damaged = sum(not _is_utf8(line) for line in lines)
        if damaged * (_SURE + 1) <= len(lines):
            return "utf-8"
        # Where another encoding shows; a character of two bytes may hold the byte of a line's end.
        data = data if b"\0" in data else b"\n".join(lines)
    import chardet  # takes longer to import than most files to read

    found = chardet.detect(data[:_SHOWN], encoding_era=chardet.EncodingEra.MODERN_WEB)
    doubtful = found["confidence"] < _DOUBTFUL and b"\0" not in data
    return _COMMONEST if doubtful else found["encoding"]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
