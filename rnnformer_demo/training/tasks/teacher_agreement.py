"""A student beside its teacher: on the same photos, how often it is right and how often both say the same."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...confidence.calibration import Temperature
from ...evaluation.metrics import summarise, wilson_interval
from ..teachers.image_targets import CachedFeatures


def same_answers(one: Tensor, other: Tensor) -> dict:
    """Return n, the share of equal answers of (N,) and (N,), and its Wilson interval."""
    same, n = int((one == other).sum()), len(one)
    return {"n": n, "share": same / n, "interval": list(wilson_interval(same, n))}


def labelled(photos: CachedFeatures, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits (M, C) and classes (M,) of the photos of known class, of logits (N, C) of all."""
    has_class = photos.labels >= 0
    return logits[has_class], photos.labels[has_class]


def figures_of(photos: CachedFeatures, logits: Tensor, temperature: Temperature) -> dict:
    """Return `metrics.summarise` of the photos of known class, with how many were left out for want of one.

    The confusion matrix would be a million numbers: what is kept of it are its entries that are not zero, each as
    [true class, answer, photos].
    """
    logits, classes = labelled(photos, logits)
    figures = summarise(logits, classes, torch.full((len(classes),), photos.tokens.shape[1]), temperature)
    confusion = torch.tensor(figures.pop("confusion"))
    entries = [[*place, int(confusion[*place])] for place in confusion.nonzero().tolist()]
    return figures | {"confusion_entries": entries, "without_label": len(photos.labels) - len(classes)}


def against_teacher(pairs: Sequence[tuple[CachedFeatures, Tensor, Tensor]]) -> dict:
    """Return the teacher's accuracy and the student's relative to it where classes are known; agreement on all photos.

    Args:
        pairs: for each set of N photos, these, the student's logits (N, C) and the teacher's.
    """
    student, teacher = (torch.cat([pair[which].argmax(-1) for pair in pairs]) for which in (1, 2))
    classes = torch.cat([photos.labels for photos, _, _ in pairs])
    n = int((classes >= 0).sum())
    figures: dict = {"agreement": same_answers(student, teacher)}
    if n:
        right, by_student = int((teacher == classes).sum()), int((student == classes).sum())
        figures |= {"n": n, "accuracy": right / n, "interval": list(wilson_interval(right, n))}
        figures |= {"ratio": by_student / right} if right else {}
    return figures
