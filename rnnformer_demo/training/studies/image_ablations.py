"""Ablations of the image hybrid on one data set: what each of its parts contributes, over several seeds."""

from dataclasses import dataclass, field, replace
from functools import cache, reduce
from pathlib import Path

import torch

from ...confidence.calibration import NO_SCALING
from ...evaluation.classification import short_path
from ...evaluation.metrics import summarise
from ...evaluation.reporting.study_tables import IMAGE_ABLATIONS
from ...models import ImageConfig, without_blocks
from ..config import DEFAULT_RUN, FROZEN, FineTuneConfig, ImageAblationsConfig, RunConfig, TrainingConfig
from ..data.image_data import ImageData
from ..loop import has_checkpoint
from ..tasks.finish import check_tests
from ..tasks.image import fit_photos
from ..tasks.shape import image_config
from .baselines import baseline_config
from .grid import chosen, fill_table, folder_name, trained


@dataclass(frozen=True, kw_only=True)
class PhotoCondition:
    """One row of the table.

    Attributes:
        name: what is changed against the hybrid.
        without: kinds of blocks that are left out, see `without_blocks`.
        changes: fields of the config.
        baseline: the baseline of this kind in place of the hybrid, see `baseline_config`.
        fine_tune: of the backbone.
    """

    name: str
    without: tuple[str, ...] = ()
    changes: dict = field(default_factory=dict)
    baseline: str | None = None
    fine_tune: FineTuneConfig = FROZEN


# Those that read the same features follow one another: they are read from disk once.
CONDITIONS = (
    PhotoCondition(name="hybrid: LSTM along rows, GRU along columns"),
    PhotoCondition(name="no recurrence", without=("recurrent",)),
    PhotoCondition(name="no attention", without=("attention",)),
    PhotoCondition(name="neither: attention pooling alone", without=("recurrent", "attention")),
    PhotoCondition(name="CNN alone: mean pooling", baseline="cnn"),
    PhotoCondition(name="LSTM and GRU along rows", changes={"scans": ("rows", "rows")}),
    PhotoCondition(name="LSTM and GRU along columns", changes={"scans": ("columns", "columns")}),
    PhotoCondition(name="GRU along rows, LSTM along columns", changes={"recurrence": ("gru", "lstm")}),
    PhotoCondition(name="Transformer alone, matched", baseline="transformer"),
    PhotoCondition(name="LSTM alone, matched", baseline="lstm"),
    PhotoCondition(name="GRU alone, matched", baseline="gru"),
    PhotoCondition(name="grid of stride 16", changes={"grid": "16"}),
    PhotoCondition(name="grids of stride 16 and 32", changes={"grid": "both"}),
    PhotoCondition(name="160 pixels", changes={"image_size": 160}),
    PhotoCondition(name="192 pixels", changes={"image_size": 192}),
    PhotoCondition(name="last five blocks of the trunk fine-tuned", fine_tune=FineTuneConfig(unfreeze=5)),
)


def table_of(config: ImageAblationsConfig) -> Path:
    """Return the file of the results."""
    return Path(config.table) if config.table else IMAGE_ABLATIONS


def run_ablations(config: ImageAblationsConfig, run: RunConfig = DEFAULT_RUN) -> list[dict]:
    """Train every condition with every seed, and write a row of the table after each; rows that are there already
    are kept, and a run that was interrupted goes on.

    Accuracies are measured on the split "test" (or all) of the test set; nothing is chosen on it.

    Args:
        config: the photos, which are read when the first run begins.
        run: folder of the runs.

    Raises:
        InputError: where `only` names no condition, where a run was begun with other settings, and see `fit_photos`.
    """
    conditions = chosen(CONDITIONS, config.only)
    check_tests([config.test])
    shape = image_config(config.model)

    @cache
    def data() -> ImageData:
        return ImageData.labelled(config.data, run.runs)

    def measure(condition: PhotoCondition, seed: int) -> dict:
        changed = replace(reduce(without_blocks, condition.without, shape), **condition.changes)
        if condition.baseline:
            changed = baseline_config("image", replace(shape, labels=data().labels), condition.baseline)
        folder = run.runs / folder_name("image-ablation", condition, seed)
        return _row(data(), config.test, changed, replace(config.training, seed=seed), condition.fine_tune, folder)

    return fill_table(table_of(config), conditions, config.seeds, measure)


def _row(
    data: ImageData,
    test: str,
    config: ImageConfig,
    training: TrainingConfig,
    fine_tune: FineTuneConfig,
    folder: Path,
) -> dict:
    part, history = fit_photos(data, config, training, fine_tune, folder, has_checkpoint(folder))
    features, classes = data.tested(part, test)
    figures = summarise(part.logits(features), classes, torch.full((len(classes),), part.steps), NO_SCALING)
    return {
        **trained(part.model, history),
        "test": short_path(test),
        **{key: figures[key] for key in ("n", "accuracy", "mean_class_accuracy")},
    }
