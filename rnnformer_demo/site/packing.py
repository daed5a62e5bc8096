"""Packing of what the loader of the page unpacks (`web/engine/unpack.js`): hosts differ in what they pack themselves.

| ending | how | for |
|---|---|---|
| `.gz` | gzip, which browsers unpack by themselves | JSON and graphs |
| `.planes.gz` | the even bytes before the odd ones, then gzip | weights of 16 bits: 7 % less than with gzip alone |
| `.lzma` | LZMA, whose window is as large as the file | the runtime: 39 % less than with gzip |
"""

import gzip
import lzma
from pathlib import Path

_ZIPPED = (".onnx", ".json")
_WEIGHTS = ".safetensors"
# Positions tell nothing about the bytes of WebAssembly.
_LZMA = {"id": lzma.FILTER_LZMA1, "preset": 6, "dict_size": 1 << 24, "lc": 3, "lp": 0, "pb": 0}
_HEAD = 5  # bytes of LZMA's head before the size


def pack(folder: Path) -> None:
    """Put a packed file in the place of each that the loader unpacks, but for those that are packed."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == _WEIGHTS:
            _replace(path, ".planes.gz", zipped(planes(path.read_bytes())))
        elif path.suffix in _ZIPPED:
            _replace(path, ".gz", zipped(path.read_bytes()))


def zipped(data: bytes) -> bytes:
    """Return data packed with gzip, the same each time."""
    return gzip.compress(data, 9, mtime=0)


def planes(data: bytes) -> bytes:
    """Return the even bytes, then the odd ones."""
    return data[::2] + data[1::2]


def with_lzma(data: bytes) -> bytes:
    """Return data packed with LZMA, its size in the head: 14 MB take ten seconds."""
    packed = lzma.compress(data, format=lzma.FORMAT_ALONE, filters=[_LZMA])
    return packed[:_HEAD] + len(data).to_bytes(8, "little") + packed[_HEAD + 8 :]


def _replace(path: Path, ending: str, data: bytes) -> None:
    path.with_name(f"{path.name}{ending}").write_bytes(data)
    path.unlink()
