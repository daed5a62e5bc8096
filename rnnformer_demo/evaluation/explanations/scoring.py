"""Figures of merit of attribution scores, and the intervals of their means."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..intervals import wilson_interval

Part = tuple[float, float]  # of one input in a figure: its numerator and its denominator
_RESAMPLES = 2000


def average_precision(scores: Tensor, relevant: Tensor) -> float:
    """Return the area under the precision-recall curve as a sum of steps, 0-1.

    A gain of recall counts with the precision there. Equal scores count together: no order is invented for them.

    Args:
        scores: (n,).
        relevant: (n,) bool, at least one true.
    """
    if not relevant.any():
        raise ValueError("relevant must hold at least one true, got none")
    descending, order = scores.double().sort(descending=True)
    hits = relevant[order].double().cumsum(0)
    last = torch.ones_like(relevant)
    last[:-1] = descending[:-1] != descending[1:]  # of those with the same score
    count = torch.arange(1, len(scores) + 1, dtype=torch.double)[last]
    hits = hits[last]
    gained = torch.diff(hits, prepend=torch.zeros(1, dtype=torch.double)) / hits[-1]
    return (gained * hits / count).sum().item()


def r_precision(scores: Tensor, relevant: Tensor) -> float:
    """Return R-precision: token F1 of the k highest scores, 0-1, where k is the number of relevant ones, and precision
    and recall are the same. Of scores that tie at the edge each counts by its chance to be among the k.

    Args:
        scores: (n,).
        relevant: (n,) bool, at least one true.
    """
    k = int(relevant.sum())
    edge = scores.sort(descending=True).values[k - 1]
    above, tied = scores > edge, scores == edge
    left = k - int(above.sum())
    return (int((relevant & above).sum()) + left * int((relevant & tied).sum()) / int(tied.sum())) / k


def energy_pointing_game(scores: Tensor, inside: Tensor, outside: Tensor) -> float | None:
    """Return the share of the positive scores that lies inside, 0-1; None where nothing positive lies on either side
    (energy-based pointing game, Wang et al. 2020).

    Args:
        scores: (n,).
        inside, outside: (n,) bool, or the share of each unit there, 0-1.
    """
    positive = scores.double().clamp(min=0)
    within = (positive * inside).sum().item()
    total = within + (positive * outside).sum().item()
    return within / total if total > 0 else None


def mean(parts: Sequence[Part]) -> float:
    """Return the sum of the numerators over the sum of the denominators: a plain mean where each of these is 1."""
    return sum(part for part, _ in parts) / sum(of for _, of in parts)


def interval(parts: Sequence[Part], seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of `mean` over the inputs.

    Wilson's for hits and misses, one an input. Else the percentiles of a bootstrap that draws whole inputs, for the
    parts of one input (the phrases of a sentence) are not independent. Inputs that add nothing are no part of it.
    """
    numbers = torch.tensor([part for part in parts if part[1]], dtype=torch.double)  # (n, 2)
    if (numbers[:, 1] == 1).all() and ((numbers[:, 0] == 0) | (numbers[:, 0] == 1)).all():
        return wilson_interval(int(numbers[:, 0].sum()), len(numbers))
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(len(numbers), (_RESAMPLES, len(numbers)), generator=generator)
    sums = numbers[rows].sum(1)  # (resamples, 2)
    shares = sums[:, 0] / sums[:, 1]
    low, high = shares.quantile(torch.tensor([0.025, 0.975], dtype=torch.double)).tolist()
    return low, high
