"""The tensors of a checkpoint, as its safetensors file names and places them. Imports neither torch nor onnx."""

import json
import struct
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from ..graphs.wire import Stored
from .migration import migrate_weight_names

_DTYPES = {"F16": "float16", "F32": "float32", "I8": "int8", "I64": "int64", "BOOL": "bool", "U8": "uint8"}
_HEAD = 8  # bytes of the header's length


def stored_in(path: Path, file: str) -> dict[str, Stored]:
    """Return the tensors of a safetensors file, under the names of today, with their places in it.

    Args:
        path: the file.
        file: its name as the graphs say it.
    """
    with path.open("rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(_HEAD))
        entries = json.loads(opened.read(length))
    entries.pop("__metadata__", None)
    return migrate_weight_names({name: _stored(entry, file, _HEAD + length) for name, entry in entries.items()})


def _stored(entry: dict, file: str, start: int) -> Stored:
    begin, end = entry["data_offsets"]
    return Stored(_DTYPES[entry["dtype"]], tuple(entry["shape"]), file, start + begin, end - begin)


def tensors_in(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a safetensors file as they are stored, under the names of today."""
    return migrate_weight_names(load_file(path))
