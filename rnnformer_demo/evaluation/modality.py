"""Parts of a checkpoint that models of one modality alone have."""

from ..checkpoints.store import Checkpoint
from ..data.image import ImageReader
from ..data.text import TextReader


def text_reader(checkpoint: Checkpoint) -> TextReader:
    """Return the reader of a text model.

    Raises:
        ValueError: for a model of another modality.
    """
    if not isinstance(checkpoint.reader, TextReader):
        raise ValueError(f"checkpoint must read text, got {checkpoint.name}")
    return checkpoint.reader


def image_reader(checkpoint: Checkpoint) -> ImageReader:
    """Return the reader of an image model.

    Raises:
        ValueError: for a model of another modality.
    """
    if not isinstance(checkpoint.reader, ImageReader):
        raise ValueError(f"checkpoint must read photos, got {checkpoint.name}")
    return checkpoint.reader


def require_grid(grid: tuple[int, int] | None) -> tuple[int, int]:
    """Return the (rows, columns) of photos.

    Raises:
        ValueError: for a sequence, which has no grid.
    """
    if grid is None:
        raise ValueError("grid must be (rows, columns), got None")
    return grid
