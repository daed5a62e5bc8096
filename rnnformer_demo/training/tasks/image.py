"""Training of an image hybrid from a set of labelled photos to a checkpoint."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from ...checkpoints.store import Checkpoint
from ...models import config_to_dict
from ...models.image import ImageConfig
from ..data.image_data import ImageData, image_reader
from ..loop import Batch, Progress, Recipe, classification, fit
from .finish import calibrate_test_save, check_tests, training_record
from .partial_finetune import FROZEN, FineTuneConfig, TrainableHead, pretrained
from .select_seed import select_best_seed


def train(
    data: str,
    name: str,
    config: ImageConfig,
    recipe: Recipe,
    command: str,
    tests: Sequence[str],
    seeds: Sequence[int] = (0,),
    views: int = 4,
    drop: Sequence[str] = (),
    tuning: FineTuneConfig = FROZEN,
    more: dict | None = None,
    resume: bool = False,
    folder: Path | None = None,
    runs: Path = Path("runs"),
) -> Checkpoint:
    """Trains a model for each seed on cached features, and ships the one that does best on the held-out part.

    Each is selected among its epochs and calibrated on a tenth of each class, tested, and saved in its run's folder.

    Args:
        data, views, drop: see `ImageData`.
        config: its labels are replaced by those of the data.
        recipe: its seed is replaced by each of `seeds`.
        tests: sets on whose split "test" (or all) the finished models are evaluated; nothing is chosen on them.
        tuning: of the backbone.
        more: further fields of the card.
        resume: see `select_best_seed`.

    Raises:
        InputError: see `ImageData`, `pretrained` and `check_tests`.
    """
    check_tests(tests)
    material = ImageData(data, drop, views, runs)

    def train_one(seed: int, run_folder: Path, resume: bool) -> Checkpoint:
        seeded = replace(recipe, seed=seed)
        part, history = fit_photos(material, config, seeded, tuning, run_folder, resume)
        about = {
            **(more or {}),
            "data": material.about(),
            **({"tuning": asdict(tuning)} if tuning.blocks else {}),
            "command": command,
            **training_record(seeded, history),
        }
        held_out = material.held_out
        figures = (
            part.logits(material.seen(part)[0][held_out]),
            material.targets[held_out],
            torch.full((len(held_out),), part.steps),
        )
        reader = image_reader(part.model.config)
        return calibrate_test_save(name, part.model, reader, about, figures, tests, run_folder, split=None, drop=drop)

    return select_best_seed(name, seeds, train_one, command, resume, folder, runs)


def fit_photos(
    material: ImageData,
    config: ImageConfig,
    recipe: Recipe,
    tuning: FineTuneConfig,
    run_folder: Path,
    resume: bool = False,
) -> tuple[TrainableHead, list[Progress]]:
    """Trains one model.

    Args:
        config: its labels are replaced by those of the material.

    Returns:
        What was trained, with the model in eval mode and its best epoch's weights, and the history.

    Raises:
        InputError: see `pretrained` and `fit`.
    """
    config = replace(config, labels=material.labels)
    part = pretrained(config, tuning, recipe.seed)
    part.model.eval()  # what is cached is what is served
    seen = material.seen(part)
    held_out, answers = seen[0][material.held_out], material.targets[material.held_out]

    def batches(epoch: int) -> Iterator[Batch]:
        chooser = random.Random(recipe.seed * 10_007 + epoch)
        order = chooser.sample(material.training, len(material.training))
        for start in range(0, len(order), recipe.batch_size):
            group = order[start : start + recipe.batch_size]
            inputs = torch.stack([seen[chooser.randrange(len(seen))][index] for index in group]).float()
            yield inputs, part.mask(len(group)), material.targets[group]

    history = fit(
        part.module,
        loss=classification(part.classify_tokens, recipe.label_smoothing),
        batches=batches,
        batches_per_epoch=-(-len(material.training) // recipe.batch_size),
        accuracy=lambda: (part.logits(held_out).argmax(-1) == answers).float().mean().item(),
        recipe=recipe,
        run_folder=run_folder,
        config=config_to_dict(config) | material.about() | {"tuning": asdict(tuning)},
        resume=resume,
        rates=part.rates,
    )
    part.model.eval()
    return part, history
