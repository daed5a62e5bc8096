"""Outlines of animals (Oxford-IIIT Pet, Parkhi et al. 2012), on which a heat map should fall.

The class explained is the predicted one. The mask is cut and scaled as the photo is. Its border, which the
annotators leave open, counts as neither animal nor background: scores there are left out. A cell that the
outline crosses counts by its shares, as if its score lay evenly over its pixels.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.file_sets import FileSet
from ...data.image import middle_square
from ...data.opening import open_photo
from ...data.rows import Rejected
from ...interpret.attribution import Explanation
from ...nn.hooks import run
from ..modality import image_reader, require_grid
from .benchmark import Benchmark, Example, Measure, Parts, RowSet, Skipped
from .scoring import Part, energy_pointing_game

PET, BACKGROUND, BORDER = 1, 2, 3  # values of a mask
MEASURES = {
    "energy": Measure(
        "positive mass on the animal",
        "share of the positive scores that lies on the animal (energy-based pointing game, Wang et al. 2020)",
    ),
    "pointing": Measure(
        "highest score on the animal",
        "share of photos whose highest score lies in a cell with more animal than background "
        "(pointing game, Zhang et al. 2016)",
    ),
}


@dataclass(frozen=True)
class MaskedPhoto:
    """Names of a photo and of its mask, and the set that holds both."""

    path: str
    mask: str
    files: FileSet


def find_masked_photos(path: Path) -> Path | None:
    """Return a folder or a zip whose index.csv has the columns path and trimap, or the only such zip of a folder.

    None for anything else.
    """
    inside = sorted(path.glob("*.zip")) if path.is_dir() else []
    candidates = [each for each in (path, *inside) if _has_index(each)]
    return candidates[0] if len(candidates) == 1 else None


def _has_index(path: Path) -> bool:
    if path.is_dir():
        has_index = (path / "index.csv").is_file()
    else:
        has_index = zipfile.is_zipfile(path) and "index.csv" in zipfile.ZipFile(path).namelist()
    return has_index and {"path", "trimap"} <= set(FileSet(path).index()[0])


def read_masked_photos(path: Path) -> RowSet:
    """List the photos of a set that have a mask; those without are no rows."""
    files = FileSet(path)
    photos, rejected = [], []
    for line, row in files.index()[1]:
        if not row["path"]:
            rejected.append(Rejected(line, "no path"))
        elif row["trimap"]:
            photos.append((line, MaskedPhoto(row["path"], row["trimap"], files)))
    return RowSet(path.stem, photos, rejected)


def masked_photo_example(checkpoint: Checkpoint, photo: MaskedPhoto) -> Example:
    """Make an example of one photo, explained for the predicted class.

    Raises:
        Skipped: where no part of the animal lies in the square that the model reads.
        InputError: for a photo or a mask that cannot be read.
    """
    image, _ = open_photo(photo.files.read(photo.path))
    reader = image_reader(checkpoint)
    sample = reader(image)
    grid = require_grid(sample.grid)
    values = _mask(photo.files.read(photo.mask), photo.mask, image.size)
    animal, background = (_square(values == value, reader.size, reader.share) for value in (PET, BACKGROUND))
    inside, outside = _on_grid(animal, grid), _on_grid(background, grid)
    if not (inside > outside).any():
        raise Skipped("no cell of the square that the model reads is mostly animal")
    target = int(run(checkpoint.model, sample.inputs, sample.mask)[0].argmax())

    def score(explanation: Explanation) -> Parts:
        cells = require_grid(explanation.grid)
        inside, outside = _on_grid(animal, cells), _on_grid(background, cells)
        best = explanation.scores.argmax()
        return {
            "energy": _energy(explanation.scores, inside, outside),
            "pointing": (float(inside[best] > outside[best]), 1.0),
        }

    share: Parts = {
        "energy": _energy(torch.ones_like(inside), inside, outside),
        "pointing": ((inside > outside).double().mean().item(), 1.0),
    }
    return Example(checkpoint.model, sample, target, score, {"share of the photo": share})


def _energy(scores: Tensor, inside: Tensor, outside: Tensor) -> Part | None:
    energy = energy_pointing_game(scores, inside, outside)
    return None if energy is None else (energy, 1.0)


def _mask(data: bytes, name: str, size: tuple[int, int]) -> np.ndarray:
    """Return the values of a mask (height, width)."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            values = np.asarray(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{name} is no picture that can be read.") from error
    if values.shape != size[::-1]:
        raise InputError(f"{name} must be {size[0]} x {size[1]} pixels as its photo, got {image.size}.")
    if not set(np.unique(values).tolist()) <= {PET, BACKGROUND, BORDER}:
        raise InputError(f"{name} must hold 1, 2 and 3 alone, got {np.unique(values).tolist()[:8]}.")
    return values


def _square(region: np.ndarray, size: int, share: float) -> Tensor:
    """Return the share of each pixel that the model reads in a region, 0-1: (size, size)."""
    image = Image.fromarray(region.astype(np.uint8) * 255)
    return torch.from_numpy(np.asarray(middle_square(image, size, share), dtype=np.float32) / 255)


def _on_grid(region: Tensor, grid: tuple[int, int]) -> Tensor:
    """Return the share of each cell in a region, 0-1: (rows * columns,)."""
    return F.adaptive_avg_pool2d(region[None, None], grid).flatten()


MASKS = Benchmark(
    name="masks",
    modality="image",
    inputs="photos",
    explained="the predicted class",
    measures=MEASURES,
    find=find_masked_photos,
    read=read_masked_photos,
    make_example=masked_photo_example,
)
