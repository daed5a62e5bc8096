"""What a card says of a training: its course, its calibration, its tests."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from .. import checkpoints
from ..calibration import Temperature
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
    """What a card says of the training itself.

    Minutes are those of all sessions of a resumed run, the machine is that of the last.
    """
    return {
        "recipe": asdict(recipe),
        "training": {
            "minutes": round(sum(progress.seconds for progress in history) / 60, 1),
            "threads": torch.get_num_threads(),
            "machine": f"{machine()}, {recipe.precision}",
            "history": [vars(progress) for progress in history],
        },
    }


def machine() -> str:
    """What this process computes on, without the machine's name: "AMD EPYC, 2 cores, 1 thread", or the GPU's name once
    it is in use."""
    if torch.cuda.is_initialized():
        return torch.cuda.get_device_name()
    cores, threads = os.cpu_count(), torch.get_num_threads()
    return f"{_processor()}, {cores} core{'s' * (cores != 1)}, {threads} thread{'s' * (threads != 1)}"


def _processor() -> str:
    """The processor's model where the system tells it, else its architecture."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def calibrate(logits: torch.Tensor, labels: torch.Tensor, steps: torch.Tensor) -> tuple[Temperature, dict]:
    """The temperature that fits the held-out part, and the card's metrics with the figures there.

    Args:
        logits: (N, C).
        labels: (N,).
        steps: (N,), the lengths of the inputs.
    """
    temperature = metrics.fit_temperature(logits, labels, steps)
    return temperature, {"held_out": metrics.summarise(logits, labels, steps, temperature)}


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
