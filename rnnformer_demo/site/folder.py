"""Files in the folder of a build: copied or written, packed for the loader of the page, and told by their digests."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

_PACKED = (".onnx", ".safetensors", ".wasm", ".json")  # that the loader unpacks


def copy(source: Path, target: Path) -> None:
    """Copy a file; the folder of the copy is made where it is missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON without blanks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def pack(folder: Path) -> None:
    """Pack what the loader unpacks with gzip: hosts differ in what they send packed by themselves."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in _PACKED:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
            path.unlink()


def contents(folder: Path) -> dict[str, Path]:
    """Return all files of a folder by their paths in it, in order."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def digest(data: bytes) -> str:
    """Return the SHA-256 with which the loader compares what it gets."""
    return hashlib.sha256(data).hexdigest()
