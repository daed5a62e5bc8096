"""What image hybrids are trained on, read once for all of them: labelled photos, and a CNN's features of these."""

import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ...data import InputError
from ...data.image import ImageReader, open_photo
from ...data.readers import PhotoRow, PhotoSet, label_index
from ...evaluation.classification import short_path
from ...models.backbones.registry import BACKBONES
from ...models.image import ImageConfig
from ..config import ImageDataConfig
from ..tasks.partial_finetune import TrainableHead
from .feature_cache import extract

HELD_OUT_SHARE = 0.1


class ImageData:
    """Photos of a set with their classes, a tenth of each held out, and what is cached of them.

    Args:
        config: the set, whose split "train" is used where it has splits.
        runs: folder of the cache.

    Raises:
        InputError: for data that cannot be read or holds a single class.
    """

    def __init__(self, config: ImageDataConfig, runs: Path = Path("runs")):
        self.config = config
        self.photos = PhotoSet(config.data)
        wanted = training_rows(self.photos, config.exclude_classes)
        self.rows = readable(self.photos, wanted)
        self.wanted = len(wanted)
        raw_labels = sorted({row.label for row in self.rows})
        self.labels = tuple(label.replace("_", " ") for label in raw_labels)
        if len(self.labels) < 2:
            name = Path(config.data).name
            raise InputError(f"{name} must hold photos of two classes at least, it holds {len(self.labels)}.")
        self.targets = torch.tensor([raw_labels.index(row.label) for row in self.rows])
        self.training, self.held_out = split_by_class(self.rows)
        self._cache = runs / "features"
        self._features: tuple[tuple, list[Tensor]] = ((), [])
        self._tests: dict[str, tuple[PhotoSet, list[PhotoRow]]] = {}  # checked once each

    def about(self) -> dict:
        """What a card says of the data."""
        return {
            "file": short_path(self.config.data),
            "rows": self.wanted,
            "rejected_rows": self.wanted - len(self.rows),
            "trained_on": len(self.training),
            "held_out": len(self.held_out),
            "views": self.config.views,
            "left_out_classes": list(self.config.exclude_classes),
        }

    def features(self, part: TrainableHead) -> list[Tensor]:
        """What comes into the part of a model that is trained, in 16 bits, for each view of every photo (N, D, h, w).

        That of the last kind of model stays in memory.
        """
        config = part.model.config
        key = (config.trunk, config.image_size, part.variant)
        if self._features[0] != key:
            self._features = (), []  # the old ones go before the new ones come
            self._features = (
                key,
                [self._extract(part, self.photos, self.rows, view) for view in range(self.config.views)],
            )
        return self._features[1]

    def tested(self, part: TrainableHead, path: str) -> tuple[Tensor, Tensor]:
        """What comes in of the plain photos of a test set, of its split "test" where it has one (N, D, h, w), and
        the classes of these (N,)."""
        if path not in self._tests:
            photos = PhotoSet(path)
            wanted = [row for row in photos.select(photos.test_split) if row.label not in self.config.exclude_classes]
            self._tests[path] = photos, readable(photos, wanted)
        photos, rows = self._tests[path]
        classes = torch.tensor([label_index(row.label, self.labels) for row in rows])
        return self._extract(part, photos, rows, 0), classes

    def _extract(self, part: TrainableHead, photos: PhotoSet, rows: list[PhotoRow], view: int) -> Tensor:
        # Models that read another grid share what is below it: a reader that knows no grid names the cache.
        reader = image_reader(replace(part.model.config, grid="32"))
        return extract(part.below, part.model.backbone, photos, rows, reader, view, self._cache, variant=part.variant)


def image_reader(config: ImageConfig) -> ImageReader:
    """The reader of a model."""
    backbone = BACKBONES[config.backbone]
    return ImageReader(config.image_size, config.stride, backbone.mean, backbone.std)


def training_rows(photos: PhotoSet, drop: Iterable[str]) -> list[PhotoRow]:
    """The photos of the split "train", or all where there are no splits, without the classes to leave out."""
    splits, left_out = {row.split for row in photos.rows}, set(drop)
    return [row for row in photos.select("train" if "train" in splits else None) if row.label not in left_out]


def readable(photos: PhotoSet, rows: list[PhotoRow]) -> list[PhotoRow]:
    """The rows whose photos open; of the others it is said which and why."""
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
    """A tenth of each class, at least one photo, is held out; a class of one photo is only trained on.

    The same photos whatever the seed of a training: else seeds could not be compared.
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
