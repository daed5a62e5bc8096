"""Scores of inputs that were measured, and how well they tell some from others."""

import torch
from torch import Tensor

from ...confidence.ood import Distance, EnergyDetector, ExposedDetector, KNNDetector, OODDetector
from .measuring import Measurement


def scores(signal: OODDetector, part: Measurement) -> Tensor:
    """Return the scores (N,) of a detector, as it gives them of a forward pass."""
    if isinstance(signal, ExposedDetector):
        means = part.features[signal.exposed].means
        return torch.maximum(scores(signal.distance, part), signal.scores_beyond(means, part.lengths))
    found = strangeness(signal, part)
    limits = signal.threshold.at(part.lengths, found)
    return (found - limits).exp() if isinstance(signal, EnergyDetector) else found / limits


def strangeness(signal: Distance, measurement: Measurement) -> Tensor:
    """Return the distances or energies (N,) that a detector compares with its threshold."""
    if isinstance(signal, EnergyDetector):
        return measurement.energies
    if isinstance(signal, KNNDetector):
        return signal.distances(measurement.features["pooled"].means)
    measured = measurement.features[signal.feature]
    return signal.distances(measured.means, measured.steps)


def auroc(inside: Tensor, outside: Tensor) -> float:
    """Return the AUROC, the area under the ROC curve, 0-1 (Hanley & McNeil 1982).

    It is the probability that an input from outside scores higher than one from inside, ties counted half.

    Args:
        inside: (N,) scores.
        outside: (M,) scores.
    """
    ordered = inside.sort().values
    below = torch.searchsorted(ordered, outside) + torch.searchsorted(ordered, outside, right=True)
    return below.double().mean().item() / (2 * len(inside))
