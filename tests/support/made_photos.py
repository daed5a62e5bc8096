"""Photos of every kind as files, made by code: PNGs of 16 bits, interlaced ones, colour profiles."""

import struct
import zlib

import numpy as np

_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}  # of a PNG, by its channels
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
PRIMARIES = {
    "display-p3": ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841)),
    "adobe-rgb": ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
}
CURVES = {
    "straight": b"curv" + bytes(8),
    "power": b"curv" + struct.pack(">4xIH", 1, 563),
    "table": b"curv" + struct.pack(">4xI257H", 257, *(round(65535 * (place / 256) ** 1.8) for place in range(257))),
    "formula": b"para" + struct.pack(">4xHH", 3, 0) + struct.pack(">5i", 157286, 62119, 3417, 5073, 2651),
}


def png(values: np.ndarray, bits: int = 16, interlaced: bool = False) -> bytes:
    """A PNG of 8 or 16 bits: grey, grey and opacity, RGB or RGBA by the last axis; its rows are not filtered."""
    height, width, channels = values.shape
    parts = [values[top::down, left::right] for left, top, right, down in (_PASSES if interlaced else ((0, 0, 1, 1),))]
    rows = b"".join(b"\0" + row.astype(f">u{bits // 8}").tobytes() for part in parts if part.size for row in part)
    header = struct.pack(">IIBBBBB", width, height, bits, _KINDS[channels], 0, 0, interlaced)
    chunks = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(file: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with one more part before its pixels."""
    place = file.index(b"IDAT") - 4
    return file[:place] + chunk(kind, data) + file[place:]


def profile(curve: bytes, primaries: tuple[tuple[float, ...], ...] = ()) -> bytes:
    """A colour profile of one curve and three primaries; without these, of grey."""
    tags = {b"desc": b"desc" + struct.pack(">4xI", 5) + b"made\0" + bytes(78)}
    if primaries:
        tags |= {name: _point(point) for name, point in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    else:
        tags[b"kTRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    space = b"RGB " if primaries else b"GRAY"
    head = struct.pack(
        ">I4sI4s4s4s12x4s", 132 + 12 * len(tags) + len(body), b"none", 0x2100000, b"mntr", space, b"XYZ ", b"acsp"
    )
    white = _point((0.9642, 1.0, 0.8249))[8:]
    return head.ljust(68, b"\0") + white.ljust(60, b"\0") + table + body


def _point(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *(round(65536 * value) for value in values))
