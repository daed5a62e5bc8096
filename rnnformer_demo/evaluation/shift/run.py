"""Accuracy, calibration and paired tests of sentiment models on everyday texts."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ... import __version__
from ...checkpoints.store import Checkpoint
from ..classification import text_ids, text_logits
from ..intervals import holm, mcnemar, wilson_interval
from ..labelling import label_rows
from ..metrics import calibration_error_interval, summarise
from ..modality import text_reader
from ..reporting.sources import languages
from .sets import SETS, EverydaySet, Rows, read_rows, whole_pairs


@dataclass(frozen=True)
class _Scored:
    figures: dict[str, Any]
    right: Tensor  # (N,) bool


def evaluate_shift(names: Iterable[str], load: Callable[[str], Checkpoint], folder: Path) -> dict[str, Any]:
    """Test models on the everyday sets of their languages.

    Args:
        names: of the models; the first of a language is the one that the others are compared with.
        load: returns a checkpoint by its name.
        folder: in which the data sets lie.

    Returns:
        `results`, one of each set and model; `without_sets`, the models in whose language there is none; version and
        date. A result has the figures of `metrics.summarise`, `ece_interval`, `repeats` (rows left out), for a set of
        pairs `both` (of how many pairs both are right, with Wilson's interval), and `paired` for all but the first
        model: how many it alone and the first alone get right, McNemar's p-value, and that value after Holm's
        correction for all comparisons of the call.

    Raises:
        InputError: see `read_rows` and `label_rows`.
    """
    models = [load(name) for name in names]
    results = [each for everyday in SETS for each in _of_set(everyday, models, folder)]
    pairs = {f"{each['data']} {each['model']}": each["paired"] for each in results if "paired" in each}
    for name, p in holm({name: pair["p"] for name, pair in pairs.items()}).items():
        pairs[name]["p_holm"] = p
    measured = {each["model"] for each in results}
    return {
        "version": __version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "without_sets": [model.name for model in models if model.name not in measured],
        "results": results,
    }


def _of_set(everyday: EverydaySet, models: Sequence[Checkpoint], folder: Path) -> list[dict[str, Any]]:
    fitting = [model for model in models if everyday.language in languages(model.card)]
    if not fitting:
        return []
    rows = read_rows(everyday, folder)
    scored = [_score(model, rows, everyday) for model in fitting]
    first = scored[0]
    for other in scored[1:]:
        only_this = int((other.right & ~first.right).sum())
        only_first = int((first.right & ~other.right).sum())
        other.figures["paired"] = {
            "with": fitting[0].name,
            "only_this": only_this,
            "only_first": only_first,
            "p": mcnemar(only_this, only_first),
        }
    return [each.figures for each in scored]


def _score(model: Checkpoint, read: Rows, everyday: EverydaySet) -> _Scored:
    indices = label_rows([row.label for row in read.rows], model, everyday.name).mapping.indices
    labels = torch.tensor([indices[row.label] for row in read.rows])
    ids = text_ids(text_reader(model), read.rows)
    logits, steps = text_logits(model.model, ids, progress=False), torch.tensor([len(row) for row in ids])
    right = logits.argmax(-1) == labels
    probabilities = model.temperature.probabilities(logits, steps)
    figures = {
        "data": everyday.name,
        "model": model.name,
        "model_sha256": model.sha256,
        **summarise(logits, labels, steps, model.temperature),
        "ece_interval": list(calibration_error_interval(probabilities, labels)),
        "repeats": read.repeats,
    }
    if pairs := [*whole_pairs(read.pairs)]:
        both = sum(bool(right[one] and right[other]) for one, other in pairs)
        share = {"n": len(pairs), "accuracy": both / len(pairs), "interval": list(wilson_interval(both, len(pairs)))}
        figures["both"] = share
    return _Scored(figures, right)
