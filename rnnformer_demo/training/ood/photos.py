"""The photos that an OOD signal of an image model is fitted to and tested on."""

import sys
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.photo_sets import PhotoRow, PhotoSet
from ...evaluation.classification import PHOTOS_PER_BATCH
from ...evaluation.modality import image_reader, require_grid
from ..config import OODConfig
from ..data.image_data import labelled_parts, training_rows
from ..data.unlabelled_images import UnlabelledImages, open_pools
from .likeness import SetPhoto, without_likeness
from .sets import FITTED_MOST, TESTED_MOST, Batch, InputSet, OODSets, drawn
from .synthetic import PREFIX, SyntheticImages

Photos = PhotoSet | SyntheticImages
Placed = tuple[Photos, PhotoRow]  # a photo and where it lies


def photo_sets(checkpoint: Checkpoint, config: OODConfig) -> OODSets:
    """Read the sets and split the training data as the training of the model did.

    Raises:
        InputError: see `read_sets`.
    """
    if config.exclude_texts or config.shuffled:
        raise InputError(
            "--exclude-texts and --shuffled are for texts: leave classes of photos out with --exclude-classes."
        )
    distilled = "distillation" in checkpoint.card
    if len(config.data) > 1 and not distilled:
        raise InputError(f"This model of photos is trained on one folder or zip, got {len(config.data)}.")
    training, *held_out = (_pooled if distilled else _split)(config)
    photos, left_out = training[0][0], config.exclude_classes
    of_left_out = drawn([(photos, row) for row in _of_classes(photos, training_rows(photos, ()), left_out)])
    shown, chosen_on = of_left_out[::2], of_left_out[1::2]

    def some(name: str, placed: Sequence[Placed], most: int = TESTED_MOST) -> InputSet:
        return InputSet(name, partial(photo_batches, checkpoint, drawn(placed, most)))

    def inside(path: str) -> InputSet:
        where, rows, name = _tested(path, distilled)
        if isinstance(where, PhotoSet):
            rows = where.without(rows, left_out)
        return some(name, [(where, row) for row in rows])

    def foreign(path: str, seen: Sequence[SetPhoto]) -> tuple[str, list[Placed]]:
        """Return photos of another kind: without classes that the model knows, and unlike those seen."""
        where, rows, name = _tested(path, distilled, labelled=False)
        if isinstance(where, SyntheticImages):
            return name, [(where, row) for row in rows]
        unknown = where.without(rows, [*checkpoint.labels, *config.known_classes])
        return name, [*without_likeness([(where, row) for row in unknown], seen)]

    def of_classes_left_out(path: str) -> InputSet:
        where, rows, name = _tested(path, distilled)
        found = [(where, row) for row in _of_classes(where, rows, left_out)] if isinstance(where, PhotoSet) else []
        return some(f"{name}, classes left out", without_likeness(found, seen))

    selection = [foreign(path, shown) for path in config.selection_ood]
    seen = of_left_out + [
        (where, row) for _, others in selection for where, row in others if isinstance(where, PhotoSet)
    ]
    return OODSets(
        training=some("training part", training, FITTED_MOST),
        held_out=[some("held-out part", part) for part in held_out],
        in_distribution=[inside(path) for path in config.in_distribution],
        selection=[some(*others) for others in selection]
        + ([some("classes left out", without_likeness(chosen_on, shown))] if left_out else []),
        far=[some(*foreign(path, seen)) for path in config.far_ood]
        + ([of_classes_left_out(path) for path in config.in_distribution] if left_out else []),
        near=[some(*foreign(path, seen)) for path in config.near_ood],
        exposure=[some("classes left out, shown", shown)] if left_out else [],
    )


def _of_classes(photos: PhotoSet, rows: Sequence[PhotoRow], classes: Collection[str]) -> list[PhotoRow]:
    others = set(photos.without(rows, classes))
    return [row for row in rows if row not in others]


def _split(config: OODConfig) -> Iterator[list[SetPhoto]]:
    """Yield the training part and the held-out part of one set of labelled photos."""
    photos = PhotoSet(config.data[0])
    parts = labelled_parts(photos, config.exclude_classes)
    for part in (parts.training, parts.held_out):
        yield [(photos, parts.rows[index]) for index in part]


def _pooled(config: OODConfig) -> Iterator[list[SetPhoto]]:
    """Yield the training parts of all pools that a model was distilled on, then the held-out part of each."""
    pools = open_pools(config.data)
    yield [(pool, row) for pool in pools for row in pool.parts["training"]]
    for pool in pools:
        yield [(pool, row) for row in pool.parts["held_out"]]


def _tested(path: str, distilled: bool, labelled: bool = True) -> tuple[Photos, Sequence[PhotoRow], str]:
    """Return the set, its split "test" or, where there is none, all of its photos, and the name of both. Of what a
    model was distilled on, the part that it did not see.

    Args:
        path: of the set, or the name of a kind of pictures.
        distilled: whether the model was.
        labelled: whether the set must say what is on its photos.
    """
    if path.startswith(PREFIX):
        synthetic = SyntheticImages(path)
        return synthetic, synthetic.rows, synthetic.kind
    if distilled:
        pool = UnlabelledImages(path)
        return pool, pool.parts["test"], f"{pool.name} test"
    photos = PhotoSet(path) if labelled else UnlabelledImages(path)
    return photos, photos.select(photos.test_split), f"{Path(path).stem} {photos.test_split or ''}".strip()


def photo_batches(checkpoint: Checkpoint, photos: Sequence[Placed]) -> Iterator[Batch]:
    """Yield batches of photos as a model reads them; print which do not open, and why."""
    reader = image_reader(checkpoint)
    h, w = require_grid(checkpoint.model.grid)
    for start in range(0, len(photos), PHOTOS_PER_BATCH):
        inputs = []
        for where, row in photos[start : start + PHOTOS_PER_BATCH]:
            try:
                inputs.append(reader(where.read(row.path)).inputs)
            except InputError as error:
                tqdm.write(f"{row.path} is left out: {error}", file=sys.stderr)
        if inputs:
            yield torch.cat(inputs), torch.ones(len(inputs), h * w, dtype=torch.bool)
