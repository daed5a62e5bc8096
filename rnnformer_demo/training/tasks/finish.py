"""Entries of a card about a training: its course, its calibration, its tests."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ...checkpoints import store
from ...checkpoints.store import Checkpoint
from ...data import InputError, Reader
from ...data.labels import label_index
from ...data.photo_sets import PhotoSet
from ...data.tables import TableOptions, read_texts
from ...evaluation import metrics
from ...evaluation.classification import evaluate
from ...evaluation.labelling import label_rows
from ...models import Hybrid
from ...nn.devices import machine
from ..config import TrainingConfig
from ..data.corpus import Corpus
from ..loop import Progress
from ..recipes import read_card_text

# What a card does not keep of an evaluation.
_OF_ONE_RUN = ("model", "rejected", "labels", "dropped_rows", "cut_rows", "unknown_rows", "notices")


def check_tests(tests: Sequence[str]) -> None:
    """Refuse test sets that are not there before hours of training rather than after.

    Raises:
        InputError: for a path at which there is nothing.
    """
    missing = [test for test in tests if not Path(test).exists()]
    if missing:
        raise InputError(f"There is no test set at {', '.join(missing)}: check the path.")


def check_labels(tests: Sequence[str], corpus: Corpus, table: TableOptions) -> None:
    """Refuse tables that cannot be tested on, before hours of training rather than after.

    Raises:
        InputError: for one that cannot be read, or whose labels do not fit the classes.
    """
    for test in tests:
        rows = read_texts(test, table).rows
        label_rows([row.label for row in rows], corpus, Path(test).name)


def check_photo_tests(tests: Sequence[str], labels: Collection[str], left_out: Collection[str]) -> None:
    """Refuse sets of photos that a model with these labels could not be tested on.

    Raises:
        InputError: for a set that cannot be read, and one of which no class is the model's.
    """
    for test in tests:
        photos = PhotoSet(test)
        named = {row.label for row in photos.without(photos.select(photos.test_split), left_out)}
        if not any(_is_known(label, labels) for label in named):
            some = ", ".join(sorted(named)[:8])
            raise InputError(
                f"{Path(test).name} has no photo of a class that is trained, only {some or 'none at all'}."
            )


def _is_known(label: str, labels: Collection[str]) -> bool:
    try:
        label_index(label, tuple(labels))
    except InputError:
        return False
    return True


def about_model(config: Any, about: dict | None) -> dict:
    """Return the text of a card, and the hybrid that a baseline stands beside.

    Args:
        config: of the task.
        about: further fields of the card.

    Raises:
        InputError: see `read_card_text`.
    """
    hybrid = {"baseline_of": config.name} if getattr(config, "baseline", None) else {}
    return read_card_text(config.card_text) | (about or {}) | hybrid


def training_record(training: TrainingConfig, history: list[Progress]) -> dict:
    """Return the entries of a card about the training itself.

    Minutes are those of all sessions of a resumed run, the machine is that of the last.
    """
    return {
        "hyperparameters": asdict(training),
        "training": {
            "minutes": round(sum(progress.seconds for progress in history) / 60, 1),
            "threads": torch.get_num_threads(),
            "machine": f"{machine()}, {training.precision}",
            "history": [vars(progress) for progress in history],
        },
    }


def calibrate_test_save(
    name: str,
    model: Hybrid,
    reader: Reader,
    about: dict,
    held_out: tuple[Tensor, Tensor, Tensor],
    tests: Sequence[str],
    folder: Path,
    recorded: str = "",
    **options: Any,
) -> Checkpoint:
    """Calibrate a model on its held-out part, test it, and save it with the figures of both.

    Args:
        name: of the checkpoint.
        model: as it was trained.
        reader: of its inputs.
        about: further fields of the card.
        held_out: logits (N, C), true classes (N,) and lengths of the inputs (N,).
        tests: data sets.
        folder: of the run.
        recorded: text whose output the card records.
        options: for `evaluate`.
    """
    temperature = metrics.fit_temperature(*held_out)
    about = about | {"metrics": {"held_out": metrics.summarise(*held_out, temperature)}}
    saved = store.save(name, model, reader, about, temperature, recorded, folder / "draft")  # tested as served
    for test in tests:
        try:
            figures = evaluate(saved, test, **options)
        except InputError as error:  # the model is there by now, and stays
            tqdm.write(f"{test} is not tested on: {error}", file=sys.stderr)
            continue
        about["metrics"][figures.pop("data")] = {key: value for key, value in figures.items() if key not in _OF_ONE_RUN}
    return store.save(name, saved.model, reader, about, temperature, recorded, folder)
