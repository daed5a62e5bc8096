"""What teachers answer to texts, as tests of behaviour ask."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ...data import InputError
from .find import load_teachers

Answer = Callable[[Sequence[str]], Mapping[str, Mapping[str, float]]]


def answers_of(name: str, runs: Path, classes: Sequence[str]) -> tuple[Answer, dict[str, Any]]:
    """Return a function from texts to the probability of each class, by text, and which weights are behind it.

    Where several runs stand for the name their mean logits answer. They are not calibrated.

    Raises:
        InputError: see `load_teachers`; and for a teacher of other classes.
    """
    teachers = load_teachers(name, runs)
    if any(list(teacher.labels) != list(classes) for teacher in teachers):
        raise InputError(f"{name} knows {', '.join(teachers[0].labels)}, not {' and '.join(classes)}.")

    def answer(texts: Sequence[str]) -> dict[str, dict[str, float]]:
        logits = torch.stack([teacher.logits(list(texts)) for teacher in teachers]).nanmean(0)
        return {
            text: dict(zip(teachers[0].labels, row, strict=True))
            for text, row in zip(texts, logits.softmax(-1).tolist(), strict=True)
        }

    digest = hashlib.sha256(b"".join(teacher.weights.read_bytes() for teacher in teachers)).hexdigest()
    return answer, {"model": name, "model_sha256": digest}
