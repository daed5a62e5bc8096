"""Ablations of the image hybrid on one data set: what each of its parts contributes, over several seeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from pathlib import Path

import torch

from ...confidence.calibration import NO_SCALING
from ...evaluation.classification import short_path
from ...evaluation.metrics import summarise
from ...evaluation.reporting.study_tables import IMAGE_ABLATIONS
from ...models import without_blocks
from ...models.image import ImageConfig
from ..data.image_data import ImageData
from ..loop import Recipe, has_checkpoint
from ..tasks.finish import check_tests
from ..tasks.image import fit_photos
from ..tasks.partial_finetune import FROZEN, FineTuneConfig
from .baselines import rival_config
from .grid import chosen, fill_table, folder_name, trained


@dataclass(frozen=True, kw_only=True)
class PhotoCondition:
    """One row of the table.

    Attributes:
        name: what is changed against the hybrid.
        without: kinds of blocks that are left out, see `without_blocks`.
        changes: fields of the config.
        rival: the rival of this kind in place of the hybrid, see `rival_config`.
        tuning: of the backbone.
    """

    name: str
    without: tuple[str, ...] = ()
    changes: dict = field(default_factory=dict)
    rival: str | None = None
    tuning: FineTuneConfig = FROZEN


# Those that read the same features follow one another: they are read from disk once.
CONDITIONS = (
    PhotoCondition(name="hybrid: LSTM along rows, GRU along columns"),
    PhotoCondition(name="no recurrence", without=("recurrent",)),
    PhotoCondition(name="no attention", without=("attention",)),
    PhotoCondition(name="neither: attention pooling alone", without=("recurrent", "attention")),
    PhotoCondition(name="CNN alone: mean pooling", rival="cnn"),
    PhotoCondition(name="LSTM and GRU along rows", changes={"scans": ("rows", "rows")}),
    PhotoCondition(name="LSTM and GRU along columns", changes={"scans": ("columns", "columns")}),
    PhotoCondition(name="GRU along rows, LSTM along columns", changes={"recurrence": ("gru", "lstm")}),
    PhotoCondition(name="Transformer alone, matched", rival="transformer"),
    PhotoCondition(name="LSTM alone, matched", rival="lstm"),
    PhotoCondition(name="GRU alone, matched", rival="gru"),
    PhotoCondition(name="grid of stride 16", changes={"grid": "16"}),
    PhotoCondition(name="grids of stride 16 and 32", changes={"grid": "both"}),
    PhotoCondition(name="160 pixels", changes={"image_size": 160}),
    PhotoCondition(name="192 pixels", changes={"image_size": 192}),
    PhotoCondition(name="last five blocks of the trunk fine-tuned", tuning=FineTuneConfig(blocks=5)),
)


def run(
    read: Callable[[], ImageData],
    test: str,
    config: ImageConfig,
    recipe: Recipe,
    seeds: Sequence[int],
    only: Sequence[str] = (),
    table: Path = IMAGE_ABLATIONS,
    runs: Path = Path("runs"),
) -> list[dict]:
    """Trains every condition with every seed, and writes a row of the table after each; rows that are there already
    are kept, and a run that was interrupted goes on.

    Args:
        read: reads the photos; called when the first run begins.
        test: set of labelled photos, of whose split "test" (or all) accuracies are measured; nothing is chosen on it.
        only: names of conditions, or beginnings of names; all if empty.

    Raises:
        InputError: where `only` names no condition, where a run was begun with other settings, and see `fit_photos`.
    """
    conditions = chosen(CONDITIONS, only)
    check_tests([test])
    material = cache(read)

    def measure(condition: PhotoCondition, seed: int) -> dict:
        changed = replace(reduce(without_blocks, condition.without, config), **condition.changes)
        if condition.rival:
            changed = rival_config("image", replace(config, labels=material().labels), condition.rival)
        folder = runs / folder_name("image-ablation", condition, seed)
        return _row(material(), test, changed, replace(recipe, seed=seed), condition.tuning, folder)

    return fill_table(table, conditions, seeds, measure)


def _row(
    material: ImageData, test: str, config: ImageConfig, recipe: Recipe, tuning: FineTuneConfig, folder: Path
) -> dict:
    part, history = fit_photos(material, config, recipe, tuning, folder, has_checkpoint(folder))
    seen, classes = material.tested(part, test)
    figures = summarise(part.logits(seen), classes, torch.full((len(classes),), part.steps), NO_SCALING)
    return {
        **trained(part.model, history),
        "test": short_path(test),
        **{key: figures[key] for key in ("n", "accuracy", "mean_class_accuracy")},
    }
