"""What a card says of a training: its course, its calibration, its tests."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from .. import checkpoints
from ..checkpoints import Checkpoint
from ..data import InputError
from . import metrics
from .evaluation import evaluate
from .loop import Progress, Recipe


def check_tests(tests: Sequence[str]) -> None:
    """Refuses test sets that are not there before hours of training rather than after.

    Raises:
        InputError: for a path at which there is nothing.
    """
    missing = [test for test in tests if not Path(test).exists()]
    if missing:
        raise InputError(f"There is no test set at {', '.join(missing)}: check the path.")


def training_record(recipe: Recipe, history: list[Progress]) -> dict:
    """What a card says of the training itself; its minutes are those of all sessions of a resumed run."""
    return {
        "recipe": asdict(recipe),
        "training": {
            "minutes": round(sum(progress.seconds for progress in history) / 60, 1),
            "threads": torch.get_num_threads(),
            "history": [vars(progress) for progress in history],
        },
    }


def calibrate(logits: torch.Tensor, labels: torch.Tensor) -> tuple[float, dict]:
    """The temperature that fits the held-out part, and the figures there, with ECE before and after scaling.

    Args:
        logits: (N, C).
        labels: (N,).
    """
    temperature = metrics.fit_temperature(logits, labels)
    figures = metrics.summarise((logits / temperature).softmax(-1), labels)
    before = metrics.expected_calibration_error(logits.softmax(-1), labels)
    return temperature, {"held_out": figures | {"ece_before_scaling": before}}


def add_tests(
    saved: Checkpoint, tests: Sequence[str], about: dict, recorded: str = "", folder: Path | None = None, **options
) -> Checkpoint:
    """Evaluates what was saved on the test sets and writes the figures into its card.

    Args:
        about: what the card says already.
        recorded: the text whose output the card records.
        options: for `evaluate`.
    """
    for test in tests:
        figures = evaluate(saved, test, **options)
        about["metrics"][figures.pop("data")] = {
            name: value for name, value in figures.items() if name not in ("model", "rejected")
        }
    return checkpoints.save(saved.name, saved.model, saved.reader, about, saved.temperature, recorded, folder)
