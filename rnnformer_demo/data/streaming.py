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
_Unpacked = IO[bytes] | gzip.GzipFile
_UNPACK: dict[bytes, Callable[[IO[bytes]], _Unpacked]] = {
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
        share: how much of the file has been read, 0-1.

    Raises:
        InputError: for a file that is missing or damaged, also while it is read, and see `decode`.
    """

    def __init__(self, source: Path | bytes, name: str, encoding: str | None = None) -> None:
        self._source, self._path = source, source if isinstance(source, Path) else Path(name)
        with damage_reported(self._path), self._packed() as packed, self._unpacked(packed) as file:
            head = file.read(_BLOCK)
        whole = head[: head.rfind(b"\n") + 1] or head  # the last line may end within a character
        _, self.encoding = decode(whole, encoding, name)
        self._end = "\n" if b"\n" in head else "\r"
        self._size = max(1, len(source) if isinstance(source, bytes) else source.stat().st_size)
        self.share = 0.0

    def __iter__(self) -> Iterator[list[str]]:
        """Yield lists of whole lines without their ends."""
        decoder, rest, begun = codecs.getincrementaldecoder(self.encoding)("mark-damage"), "", False
        with damage_reported(self._path), self._packed() as packed, self._unpacked(packed) as file:
            while data := file.read(_BLOCK):
                text = decoder.decode(data)
                rest += text if begun else text.removeprefix("\ufeff")
                begun, self.share = True, packed.tell() / self._size
                *lines, rest = rest.split(self._end)
                if len(rest) > _LONGEST_LINE:
                    raise InputError(f"{self._path.name} holds a line of more than {_LONGEST_LINE:,} characters.")
                if lines:
                    yield [_bare(line) for line in lines]
            if rest := rest + decoder.decode(b"", final=True):
                yield [_bare(rest)]

    def _packed(self) -> IO[bytes]:
        return io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb")

    def _unpacked(self, file: IO[bytes]) -> _Unpacked:
        start = file.read(6)
        file.seek(0)
        if start.startswith(ZIP):
            archive = zipfile.ZipFile(file)
            return archive.open(only_member(archive, self._path.name))
        unpack = next((unpack for mark, unpack in _UNPACK.items() if start.startswith(mark)), None)
        return unpack(file) if unpack else file


def _bare(line: str) -> str:
    return line.removesuffix("\r").replace("\r", " ")
