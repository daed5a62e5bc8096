"""Photos to samples: the square that a model reads, and its grid of cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from .opening import open_photo
from .sample import Reading, Sample

if TYPE_CHECKING:
    import torch

_CUT = 0.01  # share of a photo from which its loss is worth a sentence


def middle_square(photo: Image.Image, size: int, share: float = 1.0) -> Image.Image:
    """Cut out the middle square of a photo, `size` pixels wide; its side is `share` of the photo's short side."""
    return ImageOps.fit(photo, (size, size), Image.Resampling.BICUBIC, bleed=(1 - share) / 2)


def box_of_square(photo: Image.Image, share: float = 1.0) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the part that `middle_square` cuts out, as fractions of the photo."""
    width, height = photo.size
    side = share * min(width, height)
    left, top = round((1 - side / width) / 2, 6), round((1 - side / height) / 2, 6)
    return left, top, round(1 - left, 6), round(1 - top, 6)


def cut_notice(photo: Image.Image, box: tuple[float, float, float, float]) -> list[str]:
    """Return a sentence that says how much of a photo lies outside of the box that was read; none for next to nothing.

    Centre crop is the most accurate of the cuts that were measured, see `training/studies/cuts.py`.
    """
    left, top, right, bottom = box
    cut = 1 - (right - left) * (bottom - top)
    if cut < _CUT:
        return []
    sides = [sides for lost, sides in ((left, "left and right"), (top, "top and bottom")) if lost]
    return [
        f"Of this photo ({photo.width} x {photo.height}) only the middle square was read: "
        f"{cut:.0%} of it was cut away, {' and '.join(sides)}."
    ]


def to_tensor(square: Image.Image, mean: float, std: float) -> torch.Tensor:
    """Return an RGB image as a normalised tensor (3, height, width)."""
    import torch

    return torch.from_numpy(normalised(square, mean, std))


def normalised(square: Image.Image, mean: float, std: float) -> np.ndarray:
    """Return the same as an array, without torch."""
    pixels = np.array(square, dtype=np.float32).transpose(2, 0, 1) / np.float32(255)  # (3, height, width)
    return (pixels - np.float32(mean)) / np.float32(std)


class ImageReader:
    """Reader of photos, see `Reader`.

    Args:
        size: side of the square that the model reads, in pixels.
        stride: pixels per cell of its grid.
        mean, std: normalisation of values in [0, 1] that the CNN was trained with.
        share: side of the square that is cut out, as a share of the photo's short side.
    """

    def __init__(self, size: int, stride: int, mean: float, std: float, share: float = 1.0) -> None:
        if not (isinstance(size, int) and isinstance(stride, int) and 0 < stride <= size):
            raise ValueError(f"size and stride must be whole numbers above 0, got {size!r} and {stride!r}")
        if not all(isinstance(value, int | float) for value in (mean, std, share)) or not std or not 0 < share <= 1:
            raise ValueError(f"mean, std and share must be numbers, got {mean!r}, {std!r} and {share!r}")
        self.size, self.stride, self.mean, self.std, self.share = size, stride, mean, std, share

    def preprocessing(self) -> dict[str, Any]:
        """Return the arguments of the reader, which its checkpoint stores."""
        return {"size": self.size, "stride": self.stride, "mean": self.mean, "std": self.std, "share": self.share}

    def __call__(self, source: str | Path | bytes | Image.Image) -> Sample:
        """Return one sample of batch size 1 from a path, the bytes of a file, or a PIL image.

        Raises:
            InputError: see `open_photo`.
        """
        return self.read(source).sample()

    def read(self, source: str | Path | bytes | Image.Image) -> Reading:
        """Return the square of a photo that the model reads, before it becomes tensors.

        Raises:
            InputError: see `open_photo`.
        """
        photo, notices = open_photo(source)
        box = box_of_square(photo, self.share)
        square = middle_square(photo, self.size, self.share)
        return replace(self.reading_of(square, (*notices, *cut_notice(photo, box))), box=box)

    def of_square(self, square: Image.Image, warnings: tuple[str, ...] = ()) -> Sample:
        """Return the sample of a square that was cut out before: the `display` of a sample.

        Args:
            square: RGB, as many pixels wide as the model reads.
            warnings: sentences that the sample carries.
        """
        return self.reading_of(square, warnings).sample()

    def reading_of(self, square: Image.Image, warnings: tuple[str, ...] = ()) -> Reading:
        """Return the same before it becomes tensors."""
        side = self.size // self.stride
        cells = np.arange(side * side).reshape(side, side)
        return Reading(
            inputs=normalised(square, self.mean, self.std)[None],
            token_to_unit=cells.flatten(),
            feature_mask=cells.repeat(self.stride, 0).repeat(self.stride, 1)[None, None],
            unit_names=cell_names(side),
            grid=(side, side),
            display=square,
            warnings=warnings,
        )


def cell_names(side: int) -> tuple[str, ...]:
    """Return the names of the cells of a square grid, row by row."""
    return tuple(f"row {row + 1}, column {column + 1}" for row in range(side) for column in range(side))


def reference_image(size: int) -> Image.Image:
    """Return the picture whose output an image checkpoint records, made by arithmetic: the same everywhere."""
    across = np.linspace(0, 255, size, dtype=np.float64)
    x, y = np.meshgrid(across, across)
    disc = 255.0 * (np.hypot(x - 127.5, y - 127.5) < 80)
    return Image.fromarray(np.stack([x, y, disc], axis=-1).astype(np.uint8))
