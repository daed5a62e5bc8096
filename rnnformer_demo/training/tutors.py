"""Where a teacher is found by its name: a fine-tuned encoder, a linear model of n-grams, or text models of the user's
own as an ensemble."""

import json
from functools import partial
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from .. import checkpoints
from ..checkpoints import Checkpoint
from ..data import InputError
from ..data.text import UNKNOWN
from . import ngrams, teacher
from .distillation import Tutor
from .evaluation import text_logits


def tutors_of(name: str, runs: Path) -> list[Tutor]:
    """The teacher that `train teacher` or `train ngrams` left in `runs/NAME`, or else the model of every seed that
    `train text` left in `runs/NAME-seedN`: the mean of their logits teaches (born-again networks, Furlanello et al.
    2018).

    Raises:
        InputError: where there is neither.
    """
    if (runs / name / "best.safetensors").exists() and (runs / name / teacher.ABOUT).exists():
        return [teacher.tutor(runs / name)]
    if (runs / name / ngrams.ABOUT).exists():
        return [ngrams.tutor(runs / name)]
    folders = [folder for folder in sorted(runs.glob(f"{name}-seed*")) if name in checkpoints.names(folder)]
    if not folders:
        kinds = "`train teacher`, `train ngrams` or `train text`"
        raise InputError(f"There is no teacher {name} in {runs}: train one with {kinds}.")
    return [_of_own(name, folder) for folder in folders]


def _of_own(name: str, folder: Path) -> Tutor:
    model = checkpoints.load(name, folder)
    with safe_open(folder / "last.safetensors", framework="pt") as file:
        run = json.loads(file.metadata()["run"])
    weights = folder / f"{name}.safetensors"
    return Tutor(weights, model.labels, run["config"]["held_out"], partial(_logits, model))


def _logits(checkpoint: Checkpoint, texts: list[str]) -> Tensor:
    """Of a text beyond its length it reads, as its student will, the beginning."""
    ids = [checkpoint.reader.ids(text) or [UNKNOWN] for text in texts]
    return text_logits(checkpoint.model, ids, progress=False)
