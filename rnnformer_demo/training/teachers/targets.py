"""Targets of a text student: its teachers' logits for any text, cached on disk, and the loss that follows them."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from ...checkpoints.aside import save_aside
from ...data import InputError
from ..data.corpus import Corpus, fingerprints
from ..loop import Loss

_CHUNK = 4096  # texts per file of cached logits


@dataclass(frozen=True)
class Teacher:
    """A trained model that teaches.

    Attributes:
        weights: their file.
        labels: its class names.
        held_out: fingerprints of what it was not trained on, see `fingerprints`.
        logits: of N texts (N, C), NaN for one that it does not judge: it does not read it whole, or was trained on it.
        cache: folder in which its logits are cached; None for that of the weights.
    """

    weights: Path
    labels: tuple[str, ...]
    held_out: Sequence[str]
    logits: Callable[[Sequence[str]], Tensor]
    cache: Path | None = None


def teacher_logits(teacher: Teacher, corpus: Corpus, texts: Sequence[str]) -> Tensor:
    """Return a teacher's logits (N, C), cached: each text is run once.

    Raises:
        InputError: where it knows other labels, or was trained on what the corpus holds out.
    """
    where = teacher.weights.parent
    if teacher.labels != corpus.labels:
        raise InputError(f"The teacher in {where} knows {list(teacher.labels)}, not {list(corpus.labels)}.")
    if not set(fingerprints(corpus.held_out)) <= set(teacher.held_out):
        raise InputError(f"The teacher in {where} was trained on what is held out here: train it on the same data.")
    cache = (teacher.cache or where) / f"logits-{hashlib.sha256(teacher.weights.read_bytes()).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    logits = []
    for start in tqdm(range(0, len(texts), _CHUNK), desc="teacher", mininterval=2):
        chunk = list(texts[start : start + _CHUNK])
        file = cache / f"{hashlib.sha256(json.dumps(chunk).encode()).hexdigest()[:24]}.safetensors"
        if not file.exists():
            save_aside(file, {"logits": teacher.logits(chunk)})
        logits.append(load_file(file)["logits"])
    return torch.cat(logits)


def distilled_targets(
    teachers: Sequence[Sequence[Teacher]], corpus: Corpus, texts: Sequence[str], targets: Sequence[int]
) -> list[tuple[float, ...]]:
    """Return the targets of each text, as `distillation` takes them: its label's class as 0s and 1s, then the mean of
    the logits of those teachers that judge the text.

    Zeros stand for the label of an unlabelled text.

    Args:
        teachers: of each name those that stand for it; every name weighs the same.
        corpus: labelled texts, split.
        texts: those with labels first.
        targets: classes of the first texts.

    Raises:
        InputError: see `teacher_logits`.
    """
    classes = len(corpus.labels)
    by_name = [
        torch.stack([teacher_logits(teacher, corpus, texts) for teacher in named]).nanmean(0) for named in teachers
    ]
    logits = torch.stack(by_name).nanmean(0)
    labels = torch.zeros(len(texts), classes)
    labels[: len(targets)] = F.one_hot(torch.tensor(targets), classes).float()
    return [tuple(row) for row in torch.cat([labels, logits], dim=1).tolist()]


def labels_alone(targets: Sequence[int], classes: int) -> list[tuple[float, ...]]:
    """Return the targets of texts that no teacher judges, as `distillation` takes them."""
    labels = F.one_hot(torch.tensor(targets, dtype=torch.long), classes).float()
    return [tuple(row) for row in torch.cat([labels, torch.full_like(labels, torch.nan)], dim=1).tolist()]


def distillation(forward: Callable[[Tensor, Tensor], Tensor], label_smoothing: float) -> Loss:
    """Return the loss for `fit`: cross-entropy of the labels plus the squared distance to the teacher's logits.

    After Ba & Caruana 2014 and Tang et al. 2019, section 3.3. Logits are centred first, since the softmax does not see
    their mean.

    Args:
        forward: inputs and mask (B, T) to logits (B, C).
    """

    def loss(inputs: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        labels, teacher = targets.chunk(2, dim=-1)  # (B, C) each
        logits = forward(inputs, mask).float()
        smooth = labels * (1 - label_smoothing) + labels.sum(-1, keepdim=True) * label_smoothing / labels.shape[-1]
        cross_entropy = -(smooth * logits.log_softmax(-1)).sum(-1)
        teacher = torch.where(teacher.isnan(), logits.detach(), teacher)  # nothing to learn: no distance
        kd_loss = (_centred(logits) - _centred(teacher)).square().mean(-1)
        return (cross_entropy + kd_loss).mean()

    return loss


def _centred(logits: Tensor) -> Tensor:
    return logits - logits.mean(-1, keepdim=True)
