"""Training of an image hybrid from a set of labelled photos to a checkpoint."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ...checkpoints.store import Checkpoint
from ...models import ImageConfig, config_to_dict
from ..config import DEFAULT_RUN, FineTuneConfig, RunConfig, TrainImageConfig, TrainingConfig
from ..data.image_data import ImageData, image_reader
from ..loop import Batch, Progress, classification, fit
from ..preflight import check_before
from ..recipes import recipe_record
from .finish import about_model, calibrate_test_save, check_photo_tests, check_tests, training_record
from .partial_finetune import TrainableHead, pretrained
from .select_seed import select_best_seed
from .shape import image_config


def train(
    config: TrainImageConfig, run: RunConfig = DEFAULT_RUN, about: dict | None = None, folder: Path | None = None
) -> Checkpoint:
    """Train a model for each seed on cached features, and ship the one that does best on the held-out part.

    Each is selected among its epochs and calibrated on a tenth of each class, tested on the split "test" (or all) of
    the tests, and saved in its run's folder.

    Args:
        config: what is trained.
        run: resume, see `select_best_seed`; folder of the runs.
        about: further fields of the card.
        folder: of the checkpoint.

    Raises:
        InputError: see `check_before`, `ImageData`, `pretrained`, `check_tests` and `check_photo_tests`.
    """
    check_before(config, run, folder)
    check_tests(config.test)
    shape = image_config(config.model, config.baseline)
    data = ImageData.labelled(config.data, run.runs)
    check_photo_tests(config.test, data.labels, config.data.exclude_classes)
    recipe = recipe_record(config, run.runs)

    def train_one(seed: int, run_folder: Path, resume: bool) -> Checkpoint:
        seeded = replace(config.training, seed=seed)
        part, history = fit_photos(data, shape, seeded, config.fine_tune, run_folder, resume)
        card = {
            **about_model(config, about),
            "data": data.about(),
            **({"tuning": config.fine_tune.as_card()} if config.fine_tune.unfreeze else {}),
            "recipe": recipe,
            **training_record(seeded, history),
        }
        held_out = data.held_out
        figures = (
            part.logits(data.features(part)[0][held_out]),
            data.targets[held_out],
            torch.full((len(held_out),), part.steps),
        )
        options: dict[str, Any] = {"split": None, "drop": config.data.exclude_classes}
        reader = image_reader(part.model.config)
        return calibrate_test_save(
            recipe["name"], part.model, reader, card, figures, config.test, run_folder, **options
        )

    return select_best_seed(recipe, config.seeds, train_one, run, folder)


def fit_photos(
    data: ImageData,
    config: ImageConfig,
    training: TrainingConfig,
    fine_tune: FineTuneConfig,
    run_folder: Path,
    resume: bool = False,
) -> tuple[TrainableHead, list[Progress]]:
    """Train one model.

    Args:
        data: what it reads.
        config: its labels are replaced by those of the data.
        training: hyperparameters, with the seed.
        fine_tune: of the backbone.
        run_folder: folder of the resume files.
        resume: go on where the run in `run_folder` stopped.

    Returns:
        The part that was trained, with the model in eval mode and its best epoch's weights, and the history.

    Raises:
        InputError: see `pretrained` and `fit`.
    """
    config = replace(config, labels=data.labels)
    part = pretrained(config, fine_tune, training.seed)
    part.model.eval()  # what is cached is what is served
    features = data.features(part)
    held_out, answers = features[0][data.held_out], data.targets[data.held_out]

    def batches(epoch: int) -> Iterator[Batch]:
        chooser = random.Random(training.seed * 10_007 + epoch)
        order = chooser.sample(data.training, len(data.training))
        for start in range(0, len(order), training.batch_size):
            group = order[start : start + training.batch_size]
            inputs = torch.stack([features[chooser.randrange(len(features))][index] for index in group]).float()
            yield inputs, part.mask(len(group)), data.targets[group]

    history = fit(
        part.module,
        loss=classification(part.classify_tokens, training.label_smoothing),
        batches=batches,
        batches_per_epoch=-(-len(data.training) // training.batch_size),
        accuracy=lambda: (part.logits(held_out).argmax(-1) == answers).float().mean().item(),
        training=training,
        run_folder=run_folder,
        config=config_to_dict(config) | data.about() | {"tuning": fine_tune.as_card()},
        resume=resume,
        rates=part.rates,
    )
    part.model.eval()
    return part, history
