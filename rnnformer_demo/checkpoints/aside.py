"""Files that are written beside their place and then moved into it: an interruption leaves the old ones whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def write_aside(path: Path, text: str) -> None:
    """Write a text in UTF-8."""
    new = _beside(path)
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def save_aside(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as safetensors."""
    from safetensors.torch import save_file  # here: texts are written without torch

    new = _beside(path)
    save_file(tensors, new, metadata)
    new.replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}")  # hidden: whoever lists a folder does not take it for what it will be
