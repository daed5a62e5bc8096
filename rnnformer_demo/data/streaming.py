"""Lines of a text that may be larger than memory: unpacked and decoded block by block."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from .encodings import ZIP, damage_reported, decode, only_member
from .sample import InputError

_BLOCK = 2**20  # bytes that are decoded at a time
_LONGEST_LINE = 10 * 2**20
_UNPACKED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"BZh": bz2.BZ2File,
}


class LineBlocks:
    """The lines of a text file, in blocks.

    Args:
        source: path of the file, or its bytes; what is packed is unpacked (gzip, xz, bzip2, a zip of one file).
        name: of the file, for sentences.
        encoding: its name; found out from the first block where it is None.

    Attributes:
        encoding: its name.

    Raises:
        InputError: for a file that is missing or damaged, also while it is read, and see `decode`.
    """

    def __init__(self, source: Path | bytes, name: str, encoding: str | None = None) -> None:
        self._source, self._path = source, source if isinstance(source, Path) else Path(name)
        with damage_reported(self._path), self._opened() as file:
            head = file.read(_BLOCK)
        whole = head[: head.rfind(b"\n") + 1] or head  # the last line may end within a character
        text, self.encoding = decode(whole, encoding, name)
        self._end = "\n" if "\n" in text else "\r"

    def __iter__(self) -> Iterator[list[str]]:
        """Yield lists of whole lines without their ends."""
        decoder, rest, begun = codecs.getincrementaldecoder(self.encoding)("mark-damage"), "", False
        with damage_reported(self._path), self._opened() as file:
            while data := file.read(_BLOCK):
                text = decoder.decode(data)
                rest += text if begun else text.removeprefix("\ufeff")
                begun = True
                *lines, rest = rest.split(self._end)
                if len(rest) > _LONGEST_LINE:
                    raise InputError(f"{self._path.name} holds a line of more than {_LONGEST_LINE:,} characters.")
                if lines:
                    yield [_bare(line) for line in lines]
            if rest := rest + decoder.decode(b"", final=True):
                yield [_bare(rest)]

    def _opened(self) -> IO[bytes]:
        file = io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb")
        start = file.read(6)
        file.seek(0)
        if start.startswith(ZIP):
            archive = zipfile.ZipFile(file)
            return archive.open(only_member(archive, self._path.name))
        return next((unpacked for mark, unpacked in _UNPACKED.items() if start.startswith(mark)), lambda file: file)(
            file
        )


def _bare(line: str) -> str:
    return line.removesuffix("\r").replace("\r", " ")
