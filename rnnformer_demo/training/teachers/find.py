"""Look-up of teachers by their names: a fine-tuned encoder, a linear model of n-grams, or text models of the user's
own as an ensemble."""

import json
from functools import partial
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from ...checkpoints import cards, store
from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.listing import listed
from ...data.text import UNKNOWN
from ...evaluation.classification import text_logits
from ...evaluation.modality import text_reader
from ...nn.devices import accelerator
from ..config import CorpusConfig
from ..data.corpus import Corpus, fingerprints, fold_of
from ..recipes import stages_in_card
from . import encoder, nbsvm
from .targets import Teacher

CHECKPOINT = "checkpoint:"  # begins the name of a teacher that is a finished model


def load_teachers(name: str, runs: Path) -> list[Teacher]:
    """Return the teacher in `runs/NAME`, or else the model of every seed in `runs/NAME-seedN`.

    The former is of `train teacher` or `train nbsvm`, the latter are of `train text`: the mean of their logits teaches
    (born-again networks, Furlanello et al. 2018); those of folds each teach of their own part, see `TextDataConfig`.

    Raises:
        InputError: where there is neither.
    """
    if (runs / name / "best.safetensors").exists() and (runs / name / encoder.ABOUT).exists():
        return [encoder.teacher_of(runs / name)]
    if (runs / name / nbsvm.ABOUT).exists():
        return [nbsvm.teacher_of(runs / name)]
    folders = [folder for folder in sorted(runs.glob(f"{name}-seed*")) if name in cards.names(folder)]
    if not folders:
        kinds = "`train teacher`, `train nbsvm` or `train text`"
        raise InputError(f"There is no teacher {name} in {runs}: train one with {kinds}.")
    return [_of_own(name, folder) for folder in folders]


def checkpoint_teacher(name: str, sources: CorpusConfig, corpus: Corpus, runs: Path) -> Teacher:
    """Return a finished text model as a teacher: it reads as a student will. Its logits are cached in the runs.

    Args:
        name: of the model.
        sources: of the student's labelled texts, which must be the model's: then both hold out the same.
        corpus: what they are.
        runs: folder of all runs.

    Raises:
        InputError: where there is no such text model, and where it was trained on other files.
    """
    model = store.load(name)
    if model.model.modality != "text":
        raise InputError(f"{name} reads no texts: name a teacher that does.")
    files = stages_in_card(model.card)[-1].get("data")
    if files != [*sources.data]:
        raise InputError(f"{name} was trained on {listed(files or ['other files'])}: name the same with --data.")
    weights = cards.default_folder() / f"{name}.safetensors"
    model.model.to(accelerator())
    cache = runs / f"checkpoint-{name}"
    return Teacher(weights, model.labels, fingerprints(corpus.held_out), partial(_logits, model, 1, 0), cache)


def _of_own(name: str, folder: Path) -> Teacher:
    model = store.load(name, folder)
    with safe_open(folder / "last.safetensors", framework="pt") as file:
        run = json.loads(file.metadata()["run"])
    weights = folder / f"{name}.safetensors"
    model.model.to(accelerator())
    logits = partial(_logits, model, run["config"].get("folds", 1), (run.get("training") or run["recipe"])["seed"])
    return Teacher(weights, model.labels, run["config"]["held_out"], logits)


def _logits(checkpoint: Checkpoint, folds: int, seed: int, texts: list[str]) -> Tensor:
    """Return logits (N, C) of a text model as a teacher; NaN for texts of other folds than its own.

    Of a text beyond its length it reads, as its student will, the beginning.
    """
    own_texts = [index for index, text in enumerate(texts) if fold_of(text, folds) == seed % folds]
    reader = text_reader(checkpoint)
    ids = [reader.ids(texts[index]) or [UNKNOWN] for index in own_texts]
    logits = torch.full((len(texts), len(checkpoint.labels)), torch.nan)
    logits[own_texts] = text_logits(checkpoint.model, ids, progress=False)
    return logits
