"""Ways to make a square of a photo, compared on photos of no test: those that a training holds out, or whose labels it
did not use."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from PIL import Image, ImageOps
from tqdm import tqdm

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.image import middle_square, to_tensor
from ...data.opening import open_photo
from ...data.photo_sets import PhotoRow, PhotoSet
from ...evaluation.intervals import mcnemar, wilson_interval
from ...evaluation.modality import image_reader, require_grid
from ...evaluation.reporting.markdown import table
from ..data.image_data import labelled_parts
from ..data.unlabelled_images import known_labels, open_pools

USED = "centre crop"
_GREY = (127, 127, 127)
CUTS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    USED: middle_square,
    "squash": lambda photo, size: photo.resize((size, size), Image.Resampling.BICUBIC),
    "letterbox": lambda photo, size: ImageOps.pad(photo, (size, size), Image.Resampling.BICUBIC, _GREY),
}
# Longer side over shorter side, from and up to.
ASPECTS = {
    "about 1.25:1": (1.15, 1.35),
    "about 1.5:1": (1.35, 1.7),
    "about 2:1": (1.7, 2.4),
    "both of the latter": (1.35, 2.4),
    "all": (1.15, 2.4),
}
_LABELLED = Sequence[tuple[PhotoSet, PhotoRow, int]]


@dataclass(frozen=True)
class CutFigures:
    """Right answers with one cut on photos of one aspect, and McNemar's p-value against `USED`."""

    aspect: str
    cut: str
    n: int
    right: int
    p: float


def compare_cuts(checkpoint: Checkpoint, data: Sequence[str], limit: int | None = None) -> list[CutFigures]:
    """Return the figures of a model for every aspect and cut.

    Args:
        checkpoint: of a model of photos.
        data: the sets that it was trained on.
        limit: most photos, drawn at random.

    Raises:
        InputError: for a model of texts, for sets that cannot be read, and where no photo is left.
    """
    if checkpoint.model.modality != "image":
        raise InputError(f"{checkpoint.name} reads texts: only photos are cut to squares.")
    if limit is not None and limit < 1:
        raise InputError(f"--limit must be at least 1, got {limit}.")
    found = _photos(checkpoint, data)
    photos = random.Random(0).sample(found, min(limit or len(found), len(found)))
    measured = [
        answers for photo in tqdm(photos, desc="photos", mininterval=2) if (answers := _answers(checkpoint, *photo))
    ]
    figures = []
    for aspect, (least, most) in ASPECTS.items():
        rows = [right for ratio, right in measured if least <= ratio < most]
        figures += [_figures(aspect, cut, rows) for cut in CUTS if rows]
    if not figures:
        raise InputError("No photo of these sets is longer than wide, and of a class that the model knows.")
    return figures


def _photos(checkpoint: Checkpoint, data: Sequence[str]) -> _LABELLED:
    """Return photos whose labels did not train the model, with their classes."""
    labels = checkpoint.labels
    found: list[tuple[PhotoSet, PhotoRow, int]] = []
    if "distillation" in checkpoint.card:
        for pool in open_pools(data):
            rows = pool.parts["training"] + pool.parts["held_out"]
            found += [(pool, row, known) for row, known in zip(rows, known_labels(rows, labels), strict=True)]
    else:
        for path in data:
            photos = PhotoSet(path)
            parts = labelled_parts(photos, checkpoint.card["data"].get("left_out_classes", ()))
            rows = [parts.rows[index] for index in parts.held_out]
            found += [(photos, row, known) for row, known in zip(rows, known_labels(rows, labels), strict=True)]
    return [photo for photo in found if photo[2] >= 0]


@torch.no_grad()
def _answers(
    checkpoint: Checkpoint, photos: PhotoSet, row: PhotoRow, label: int
) -> tuple[float, dict[str, bool]] | None:
    """Return the aspect of a photo and which cuts lead to its class; None for one that is next to square."""
    photo, _ = open_photo(photos.read(row.path))
    ratio = max(photo.size) / min(photo.size)
    if not ASPECTS["all"][0] <= ratio < ASPECTS["all"][1]:
        return None
    reader, (h, w) = image_reader(checkpoint), require_grid(checkpoint.model.grid)
    squares = [to_tensor(cut(photo, reader.size), reader.mean, reader.std) for cut in CUTS.values()]
    answers = checkpoint.model(torch.stack(squares), torch.ones(len(CUTS), h * w, dtype=torch.bool)).argmax(-1)
    return ratio, dict(zip(CUTS, (answers == label).tolist(), strict=True))


def _figures(aspect: str, cut: str, rows: list[dict[str, bool]]) -> CutFigures:
    only_this = sum(row[cut] and not row[USED] for row in rows)
    only_used = sum(row[USED] and not row[cut] for row in rows)
    return CutFigures(aspect, cut, len(rows), sum(row[cut] for row in rows), mcnemar(only_this, only_used))


def cuts_table(figures: Sequence[CutFigures]) -> str:
    """Return the figures as a table of Markdown."""
    rows = []
    for one in figures:
        low, high = wilson_interval(one.right, one.n)
        share = f"{100 * one.right / one.n:.1f} ({100 * low:.1f} to {100 * high:.1f})"
        rows.append((one.aspect, one.n, one.cut, share, "" if one.cut == USED else f"{one.p:.2g}"))
    return table(("photos", "n", "cut", "right, % (95 % interval)", f"p against {USED}"), rows, "lrlrr")
