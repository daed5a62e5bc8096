"""Files in the folder of a build: copied or written, and told by their digests."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any


def copy(source: Path, target: Path) -> None:
    """Copy a file; the folder of the copy is made where it is missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON without blanks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def contents(folder: Path) -> dict[str, Path]:
    """Return all files of a folder by their paths in it, in order."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def digest(data: bytes) -> str:
    """Return the SHA-256 with which the loader compares what it gets."""
    return hashlib.sha256(data).hexdigest()
