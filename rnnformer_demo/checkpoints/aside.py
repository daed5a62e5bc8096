"""Files that are written beside their place and then moved into it: an interruption leaves the old ones whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError

if TYPE_CHECKING:
    from torch import Tensor

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFullError(OSError):
    """There is no room for a file. Its message is one sentence; what stood there before is whole."""


def write_aside(path: Path, text: str) -> None:
    """Write a text in UTF-8.

    Raises:
        DiskFullError: see there.
    """
    with moved_into(path) as new:
        new.write_text(text, encoding="utf-8")


def save_aside(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as safetensors.

    Raises:
        DiskFullError: see there.
    """
    from safetensors.torch import save_file  # here: texts are written without torch

    with moved_into(path) as new:
        save_file(tensors, new, metadata)


@contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """Turn the errors of a disk without room into a sentence that names the file."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        # `safetensors` says the number of the error in its message alone.
        numbers = [error.errno] if isinstance(error, OSError) else [n for n in _FULL if f"(os error {n})" in str(error)]
        if not set(numbers) & set(_FULL):
            raise
        raise DiskFullError(
            f"There is no room left on the disk for {path}: free some and start again; what was saved before is whole."
        ) from error


@contextmanager
def moved_into(path: Path) -> Iterator[Path]:
    """Yield a place beside a path, whose file takes the path's place once it is on the disk, or goes where it cannot be
    written.

    Raises:
        DiskFullError: see there.
    """
    new = path.with_name(f".{path.name}")  # hidden: whoever lists a folder does not take it for what it will be
    try:
        with full_disk_named(path):
            yield new
            with new.open("rb") as file:
                os.fsync(file.fileno())  # a machine that stops must not leave a new name with half of what it names
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)
