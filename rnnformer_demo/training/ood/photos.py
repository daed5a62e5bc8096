"""The photos that an OOD signal of an image model is fitted to and tested on."""

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
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
Part = Callable[[str], tuple[Photos, Sequence[PhotoRow], str]]  # a set's photos and their name, by its path


def photo_sets(checkpoint: Checkpoint, config: OODConfig) -> OODSets:
    """Read the sets and split the training data as the training of the model did.

    Raises:
        InputError: see `read_sets`.
    """
    if config.exclude_texts or config.shuffled:
        raise InputError(
            "--exclude-texts and --shuffled are for texts: leave classes of photos out with --exclude-classes."
        )
    if unknown := sorted(set(config.never_shown) - set(config.exclude_classes)):
        raise InputError(f"--never-shown must name classes of --exclude-classes, got {unknown[0]!r}.")
    distilled = "distillation" in checkpoint.card
    if len(config.data) > 1 and not distilled:
        raise InputError(f"This model of photos is trained on one folder or zip, got {len(config.data)}.")
    training, *held_out = (_pooled if distilled else _split)(config)
    shown = [name for name in config.exclude_classes if name not in config.never_shown]
    left_out = {"left out": shown, "never shown": config.never_shown}  # classes by what becomes of them

    def some(name: str, placed: Sequence[Placed], most: int = TESTED_MOST) -> InputSet:
        return InputSet(name, partial(photo_batches, checkpoint, drawn(placed, most)))

    def foreign(path: str, part: Part) -> tuple[str, list[Placed]]:
        """Return photos of another kind, without classes that the model knows."""
        where, rows, name = part(path)
        if isinstance(where, PhotoSet):
            rows = where.without(rows, [*checkpoint.labels, *config.known_classes])
        return name, [(where, row) for row in rows]

    def tested(path: str) -> InputSet:
        shared = distilled or path in config.selection_ood
        name, others = foreign(path, partial(_tested, shared=shared, labelled=False))
        return some(name, _unlike(others, seen))

    def inside(path: str) -> InputSet:
        where, rows, name = _tested(path, distilled)
        if isinstance(where, PhotoSet):
            rows = where.without(rows, config.exclude_classes)
        return some(name, [(where, row) for row in rows])

    def of_left_out(path: str) -> Iterator[InputSet]:
        """Yield photos of the test part, of the classes that training left out."""
        where, rows, name = _tested(path, distilled)
        for fate, classes in left_out.items():
            if isinstance(where, PhotoSet) and (found := _of_classes(where, rows, classes)):
                yield some(f"{name}, classes {fate}", _unlike([(where, row) for row in found], seen))

    kinds = [foreign(path, _not_tested) for path in config.selection_ood]
    if shown:
        sources = _trained_on(config.data, distilled)
        kinds.append(
            ("classes left out", [(where, row) for where, rows in sources for row in _of_classes(where, rows, shown)])
        )
    kinds = [(name, drawn(others)) for name, others in kinds]
    seen = [photo for _, others in kinds for photo in others]
    return OODSets(
        training=some("training part", training, FITTED_MOST),
        held_out=[some("held-out part", part) for part in held_out],
        in_distribution=[inside(path) for path in config.in_distribution],
        selection=[some(name, _unlike(others[1::2], others[::2])) for name, others in kinds],
        far=[*map(tested, config.far_ood), *(each for path in config.in_distribution for each in of_left_out(path))],
        near=[tested(path) for path in config.near_ood],
        exposure=[some(f"{name}, shown", others[::2]) for name, others in kinds],
    )


def _unlike(some: Sequence[Placed], seen: Sequence[Placed]) -> list[Placed]:
    """Return photos without near-duplicates of those seen. Drawn pictures, alike by nature, all stay."""
    photos, known = ([(where, row) for where, row in each if isinstance(where, PhotoSet)] for each in (some, seen))
    return [*without_likeness(photos, known)] if photos else [*some]


def _of_classes(photos: PhotoSet, rows: Sequence[PhotoRow], classes: Collection[str]) -> list[PhotoRow]:
    others = set(photos.without(rows, classes))
    return [row for row in rows if row not in others]


def _trained_on(data: Sequence[str], distilled: bool) -> list[tuple[PhotoSet, list[PhotoRow]]]:
    """Return the photos to train on of each set, of all classes."""
    if distilled:
        return [(pool, pool.parts["training"]) for pool in open_pools(data)]
    photos = PhotoSet(data[0])
    return [(photos, training_rows(photos, ()))]


def _split(config: OODConfig) -> Iterator[list[SetPhoto]]:
    """Yield the training part and the held-out part of one set of labelled photos."""
    photos = PhotoSet(config.data[0])
    parts = labelled_parts(photos, config.exclude_classes)
    for part in (parts.training, parts.held_out):
        yield [(photos, parts.rows[index]) for index in part]


def _pooled(config: OODConfig) -> Iterator[list[SetPhoto]]:
    """Yield the training parts of all pools that a model was distilled on, then the held-out part of each, without the
    classes left out.

    Raises:
        InputError: for a class that no pool has.
    """
    pools = open_pools(config.data)
    for name in config.exclude_classes:
        if not any(_of_classes(pool, pool.rows, [name]) for pool in pools):
            raise InputError(f"No set of photos has a class {name!r} to leave out.")
    parts = [{part: pool.without(rows, config.exclude_classes) for part, rows in pool.parts.items()} for pool in pools]
    yield [(pool, row) for pool, of_pool in zip(pools, parts, strict=True) for row in of_pool["training"]]
    for pool, of_pool in zip(pools, parts, strict=True):
        yield [(pool, row) for row in of_pool["held_out"]]


def _not_tested(path: str) -> tuple[Photos, Sequence[PhotoRow], str]:
    """Return a set of another kind to choose on, the photos that `_tested` leaves to it where both read it, and its
    name."""
    if path.startswith(PREFIX):
        return _made(path)
    pool = UnlabelledImages(path)
    return pool, pool.parts["training"] + pool.parts["held_out"], pool.name


def _tested(path: str, shared: bool, labelled: bool = True) -> tuple[Photos, Sequence[PhotoRow], str]:
    """Return the set, its split "test" or, where there is none, all of its photos, and the name of both.

    Args:
        path: of the set, or the name of a kind of pictures.
        shared: whether the rest of it serves to train or to choose; without splits half of the photos are tests then.
        labelled: whether the set must say what is on its photos.
    """
    if path.startswith(PREFIX):
        return _made(path)
    if shared:
        pool = UnlabelledImages(path)
        return pool, pool.parts["test"], f"{pool.name} test"
    photos = PhotoSet(path) if labelled else UnlabelledImages(path)
    return photos, photos.select(photos.test_split), f"{Path(path).stem} {photos.test_split or ''}".strip()


def _made(name: str) -> tuple[SyntheticImages, Sequence[PhotoRow], str]:
    pictures = SyntheticImages(name)
    return pictures, pictures.rows, pictures.kind


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
