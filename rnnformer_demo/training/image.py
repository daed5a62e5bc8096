"""Training of an image hybrid from a set of labelled photos to a checkpoint: the trunk stays frozen."""

import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from .. import checkpoints
from ..checkpoints import Checkpoint
from ..data import InputError
from ..data.image import ImageReader, open_photo
from ..data.readers import PhotoRow, PhotoSet
from ..models import config_to_dict
from ..models.image import ImageConfig, ImageHybrid
from ..models.trunks import TRUNKS
from .evaluation import short_path
from .features import extract
from .loop import Batch, Recipe, classification, fit
from .record import add_tests, calibrate, check_tests, training_record
from .trunk import pretrained_trunk

HELD_OUT_SHARE = 0.1


def train(
    data: str,
    name: str,
    config: ImageConfig,
    recipe: Recipe,
    command: str,
    tests: list[str],
    views: int = 4,
    drop: list[str] | None = None,
    more: dict | None = None,
    resume: bool = False,
    folder: Path | None = None,
    runs: Path = Path("runs"),
) -> Checkpoint:
    """Trains on cached features of the photos, selects on a held-out tenth of each class, calibrates, tests, saves.

    Args:
        data: folder or zip; its split "train" is used where it has splits.
        views: how many views of every photo are cached: one plain, the others random.
        drop: classes to leave out.
        more: further fields of the card.
        tests: sets on whose split "test" (or all) the finished checkpoint is evaluated.

    Raises:
        InputError: for data that cannot be read or holds a single class, a trunk whose weights cannot be had, and a
            model too large for a checkpoint.
    """
    check_tests(tests)
    photos = PhotoSet(data)
    wanted = training_rows(photos, drop or ())
    rows = readable(photos, wanted)
    raw_labels = sorted({row.label for row in rows})
    labels = tuple(label.replace("_", " ") for label in raw_labels)
    if len(labels) < 2:
        raise InputError(f"{Path(data).name} must hold photos of two classes at least, it holds {len(labels)}.")
    targets = torch.tensor([raw_labels.index(row.label) for row in rows])
    training, held_out = split_by_class(rows, recipe.seed)

    torch.manual_seed(recipe.seed)
    config = replace(config, labels=labels)
    trunk = TRUNKS[config.trunk]
    reader = ImageReader(config.image_size, trunk.stride, trunk.mean, trunk.std)
    model = ImageHybrid(config)
    _check_size(model)
    model.trunk.load_state_dict(pretrained_trunk(config.trunk).state_dict(), strict=True)
    model.trunk.requires_grad_(False)
    features = [
        extract(model.tokens, model.trunk, photos, rows, reader, view, runs / "features") for view in range(views)
    ]
    steps = features[0].shape[1]

    def held_out_logits() -> torch.Tensor:
        with torch.no_grad():
            tokens = features[0][held_out].float()
            return torch.cat([model.decide(batch, _mask(len(batch), steps)) for batch in tokens.split(256)])

    def accuracy() -> float:
        return (held_out_logits().argmax(-1) == targets[held_out]).float().mean().item()

    def batches(epoch: int) -> Iterator[Batch]:
        chooser = random.Random(recipe.seed * 10_007 + epoch)
        order = training[:]
        chooser.shuffle(order)
        for start in range(0, len(order), recipe.batch_size):
            group = order[start : start + recipe.batch_size]
            tokens = torch.stack([features[chooser.randrange(views)][index] for index in group]).float()
            yield tokens, _mask(len(group), steps), targets[group]

    history = fit(
        model.core,
        loss=classification(model.decide, recipe.label_smoothing),
        batches=batches,
        batches_per_epoch=-(-len(training) // recipe.batch_size),
        accuracy=accuracy,
        recipe=recipe,
        run_folder=runs / name,
        config=config_to_dict(config) | {"command": command},
        resume=resume,
    )
    model.eval()
    about = {
        **(more or {}),
        "data": {
            "file": short_path(data),
            "rows": len(wanted),
            "rejected_rows": len(wanted) - len(rows),
            "trained_on": len(training),
            "held_out": len(held_out),
            "views": views,
            "left_out_classes": drop or [],
        },
        "command": command,
    } | training_record(recipe, history)
    temperature, about["metrics"] = calibrate(held_out_logits(), targets[held_out], torch.full((len(held_out),), steps))
    saved = checkpoints.save(name, model, reader, about, temperature, folder=folder)
    return add_tests(saved, tests, about, folder=folder, split=None, drop=drop or ())


def _check_size(model: ImageHybrid) -> None:
    size = 2 * model.parameters_count
    if size > checkpoints.MAX_BYTES:
        raise InputError(
            f"A model on {model.config.trunk} would take {size / 1e6:.1f} MB, a checkpoint may have "
            f"{checkpoints.MAX_BYTES / 1e6:.0f} MB: choose another --trunk or fewer --units."
        )


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


def _mask(batch: int, steps: int) -> torch.Tensor:
    return torch.ones(batch, steps, dtype=torch.bool)


def split_by_class(rows: list[PhotoRow], seed: int) -> tuple[list[int], list[int]]:
    """A tenth of each class, at least one photo, is held out; a class of one photo is only trained on."""
    by_class: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_class[row.label].append(index)
    chooser = random.Random(seed)
    held_out: list[int] = []
    for indices in by_class.values():
        count = max(1, round(HELD_OUT_SHARE * len(indices))) if len(indices) > 1 else 0
        held_out += chooser.sample(indices, count)
    chosen = set(held_out)
    return [index for index in range(len(rows)) if index not in chosen], sorted(held_out)
