"""Photos that image hybrids are trained on, labelled or not, and a CNN's features of them."""

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ...data import InputError
from ...data.image import ImageReader
from ...data.labels import label_index
from ...data.opening import open_photo
from ...data.photo_sets import TEST, TRAIN, VALIDATION, PhotoRow, PhotoSet
from ...evaluation.classification import short_path
from ...models import ImageConfig
from ...models.backbones.facts import FACTS
from ..config import ImageDataConfig, UnlabelledImagesConfig
from ..preflight import check_space
from ..tasks.partial_finetune import TrainableHead
from .feature_cache import Encode, extract
from .unlabelled_images import UnlabelledImages, known_labels

HELD_OUT_SHARE = 0.1
_BYTES_PER_VIEW = 32 * 2**10  # of cached features: 320 channels of 7 x 7 cells in 16 bits


class ImageData:
    """Photos of one or several sets, split, with their classes where these are known, and the features cached of them.

    Args:
        sources: the sets, each with those of its photos that open.
        labels: class names.
        targets: (N,) classes of the photos in their order, -1 where a class is not known.
        held_out: indices of the photos that are held out; the others are trained on.
        wanted: number of photos, those included that do not open.
        config: where the photos lie.
        runs: folder of the cache.
    """

    def __init__(
        self,
        sources: Sequence[tuple[PhotoSet, list[PhotoRow]]],
        labels: tuple[str, ...],
        targets: Sequence[int],
        held_out: Sequence[int],
        wanted: int,
        config: ImageDataConfig | UnlabelledImagesConfig,
        runs: Path,
    ):
        self.sources, self.labels, self.wanted, self.config = sources, labels, wanted, config
        self.targets, self.held_out, chosen = torch.tensor(targets), list(held_out), set(held_out)
        self.training = [index for index in range(len(targets)) if index not in chosen]
        self._cache = runs / "features"
        self._features: tuple[tuple, list[Tensor]] = ((), [])
        self._tests: dict[str, tuple[PhotoSet, list[PhotoRow]]] = {}  # checked once each

    @classmethod
    def labelled(cls, config: ImageDataConfig, runs: Path = Path("runs")) -> Self:
        """Read a set of labelled photos and hold a part out, see `labelled_parts`.

        Raises:
            InputError: see `labelled_parts`.
        """
        photos = PhotoSet(config.data)
        for notice in photos.notices:
            tqdm.write(f"{Path(config.data).name}: {notice}", file=sys.stderr)
        parts = labelled_parts(photos, config.exclude_classes)
        raw_labels = sorted({parts.rows[index].label for index in parts.training})
        labels = tuple(label.replace("_", " ") for label in raw_labels)
        targets = [raw_labels.index(row.label) for row in parts.rows]
        return cls([(photos, parts.rows)], labels, targets, parts.held_out, parts.wanted, config, runs)

    @classmethod
    def unlabelled(
        cls,
        pools: Sequence[UnlabelledImages],
        labels: tuple[str, ...],
        config: UnlabelledImagesConfig,
        runs: Path = Path("runs"),
    ) -> Self:
        """Read the parts of pools that are trained on and held out.

        Args:
            pools: the sets, see `open_pools`.
            labels: class names of the model; photos of other classes have none.
            config: where the photos lie.
            runs: folder of the cache.
        """
        sources: list[tuple[PhotoSet, list[PhotoRow]]] = []
        targets: list[int] = []
        held_out: list[int] = []
        wanted = 0
        for pool in pools:
            rows = pool.parts["training"] + pool.parts["held_out"]
            kept, of_held_out = readable(pool, rows), {row.path for row in pool.parts["held_out"]}
            held_out += [len(targets) + index for index, row in enumerate(kept) if row.path in of_held_out]
            targets += known_labels(kept, labels)
            sources.append((pool, kept))
            wanted += len(rows)
        return cls(sources, labels, targets, held_out, wanted, config, runs)

    def about(self) -> dict:
        """Return the entry of a card about the data."""
        files = [self.config.data] if isinstance(self.config.data, str) else self.config.data
        excluded = getattr(self.config, "exclude_classes", None)
        return {
            "file": ", ".join(map(short_path, files)),
            "rows": self.wanted,
            "rejected_rows": self.wanted - len(self.targets),
            "trained_on": len(self.training),
            "held_out": len(self.held_out),
            "views": self.config.views,
            **({"left_out_classes": list(excluded)} if excluded is not None else {}),
        }

    def view(self, encode: Encode, backbone: nn.Module, reader: ImageReader, view: int, **options: Any) -> Tensor:
        """Return features of one view of every photo, see `extract`, (N, ...) in 16 bits."""
        return torch.cat(
            [extract(encode, backbone, *source, reader, view, self._cache, **options) for source in self.sources]
        )

    def features(self, part: TrainableHead) -> list[Tensor]:
        """Return the input of the part of a model that is trained, in 16 bits, for each view of every photo
        (N, D, h, w).

        That of the last kind of model stays in memory.
        """
        config = part.model.config
        key = (config.backbone, config.image_size, part.variant)
        if self._features[0] != key:
            self._features = (), []  # the old ones go before the new ones come
            check_space(self._cache.parent, len(self.targets) * self.config.views * _BYTES_PER_VIEW)
            views = range(self.config.views)
            self._features = key, [self.view(*_encoder(part), view, variant=part.variant) for view in views]
        return self._features[1]

    def tested(self, part: TrainableHead, path: str) -> tuple[Tensor, Tensor]:
        """Return the input of that part for the plain photos of a test set, of its split "test" where it has one
        (N, D, h, w), and the classes of these (N,)."""
        if path not in self._tests:
            photos, excluded = PhotoSet(path), getattr(self.config, "exclude_classes", ())
            wanted = photos.without(photos.select(photos.test_split), excluded)
            self._tests[path] = photos, readable(photos, wanted)
        encode, backbone, reader = _encoder(part)
        classes = torch.tensor([label_index(row.label, self.labels) for row in self._tests[path][1]])
        return extract(encode, backbone, *self._tests[path], reader, 0, self._cache, variant=part.variant), classes


def _encoder(part: TrainableHead) -> tuple[Encode, nn.Module, ImageReader]:
    """Return what makes features for a part: models that read another grid share them, so a reader that knows no grid
    names the cache."""
    return part.below, part.model.backbone, image_reader(replace(part.model.config, grid="32"))


def image_reader(config: ImageConfig) -> ImageReader:
    """Return the reader of a model's photos."""
    backbone = FACTS[config.backbone]
    return ImageReader(config.image_size, config.stride, backbone.mean, backbone.std)


@dataclass(frozen=True)
class LabelledParts:
    """The photos of a set that open, with the indices of those that are trained on and of those held out.

    Attributes:
        wanted: number of photos, those included that do not open.
    """

    rows: list[PhotoRow]
    training: list[int]
    held_out: list[int]
    wanted: int


def labelled_parts(photos: PhotoSet, drop: Collection[str]) -> LabelledParts:
    """Return the photos of the split "train" and, held out, of "val"; where there is none, a tenth of each class.

    Where there are no splits, all photos are split so. What is of the split "test" is in no part.

    Args:
        photos: the set.
        drop: classes to leave out.

    Raises:
        InputError: for classes to leave out that are not there, for a set that is for tests alone, and for too few
            classes or photos.
    """
    _check_dropped(photos, drop)
    training = training_rows(photos, drop)
    named = {row.label for row in training}
    validation = photos.without((row for row in photos.rows if row.split == VALIDATION), drop)
    strange = [row for row in validation if row.label not in named]
    for row in strange:
        tqdm.write(f"{row.path} is left out: no photo to train on is of the class {row.label}", file=sys.stderr)
    _check_classes(photos, training, bool(len(validation) - len(strange)))
    rows = readable(photos, [*training, *(row for row in validation if row.label in named)])
    held_out = [index for index, row in enumerate(rows) if row.split == VALIDATION]
    held_out = held_out or split_by_class(rows)[1]
    chosen = set(held_out)
    parts = [index for index in range(len(rows)) if index not in chosen]
    _check_classes(photos, [rows[index] for index in parts], bool(held_out))
    return LabelledParts(rows, parts, held_out, len(training) + len(validation))


def _check_dropped(photos: PhotoSet, drop: Collection[str]) -> None:
    known = {row.label for row in photos.rows}
    missing = [label for label in drop if len(photos.without(photos.rows, [label])) == len(photos.rows)]
    if missing:
        classes = ", ".join(sorted(known)[:8]) + (", ..." if len(known) > 8 else "")
        raise InputError(f"{photos.path.name} has no class {missing[0]!r} to leave out: it has {classes}.")


def _check_classes(photos: PhotoSet, rows: list[PhotoRow], something_held_out: bool) -> None:
    """Refuse what nothing can be learned from.

    Raises:
        InputError: for fewer than two classes, and where none has a second photo that could be held out.
    """
    counts, name = Counter(row.label for row in rows), photos.path.name
    if len(counts) < 2:
        only = f" ({min(counts)})" if counts else ""
        raise InputError(f"{name} must hold photos of two classes at least to train on, it holds {len(counts)}{only}.")
    if not something_held_out and max(counts.values()) < 2:
        raise InputError(
            f"{name} holds one photo of each of its {len(counts)} classes: add photos, for some are held out."
        )


def training_rows(photos: PhotoSet, drop: Collection[str]) -> list[PhotoRow]:
    """Return the photos of the split "train", or all where there are no splits, without the classes to leave out.

    Raises:
        InputError: for a set whose photos are all for tests or validation.
    """
    splits = {row.split for row in photos.rows}
    if TRAIN in splits:
        rows = photos.select(TRAIN)
    else:
        rows = [row for row in photos.rows if row.split not in (VALIDATION, TEST)]
    if not rows:
        raise InputError(f"{photos.path.name} holds no photos to train on, only those of {', '.join(sorted(splits))}.")
    return photos.without(rows, drop)


def readable(photos: PhotoSet, rows: list[PhotoRow]) -> list[PhotoRow]:
    """Return the rows whose photos open; print which others do not, and why."""
    kept = []
    for row in tqdm(rows, desc="checking photos", mininterval=2):
        try:
            open_photo(photos.read(row.path))
        except InputError as error:
            tqdm.write(f"{row.path} is left out: {error}", file=sys.stderr)
        else:
            kept.append(row)
    return kept


def split_by_class(rows: list[PhotoRow]) -> tuple[list[int], list[int]]:
    """Split photos by class into training and held-out indices: a tenth of each class, at least one photo, is held out.

    A class of one photo is only trained on. The same photos whatever the seed of a training: else seeds could not be
    compared.
    """
    by_class: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_class[row.label].append(index)
    chooser = random.Random(0)
    held_out: list[int] = []
    for indices in by_class.values():
        count = max(1, round(HELD_OUT_SHARE * len(indices))) if len(indices) > 1 else 0
        held_out += chooser.sample(indices, count)
    chosen = set(held_out)
    return [index for index in range(len(rows)) if index not in chosen], sorted(held_out)
