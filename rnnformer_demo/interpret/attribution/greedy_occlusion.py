"""Greedy occlusion: the words or patches go one after the other, and do not come back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...data import Sample
from .progress import Report, counted_rows
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from torch import Tensor

    from ...models import Hybrid

# Units that go at once, and up to where they are chosen in turn; the others follow by their last falls.
_AT_ONCE, _UP_TO = 0.12, 0.5


@register_method(
    "greedy-occlusion",
    "Greedy occlusion",
    "Words are deleted, or patches painted over, in the order that lowers the class's probability fastest, a few at a "
    "time, and stay away: what stands in for another is found out too. The score tells how early each goes; none "
    "speaks against the class.",
    scale="how early it goes",
    cost=lambda size: size.whole(_rows(_schedule(size.units))),
    slow_on_grid=True,
    signed=False,
)
def greedy_occlusion(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Eliminate units greedily by the log-probability of the target; it seeks the removal order by which Samek et
    al. 2017 ("Evaluating the visualization of what a deep neural network has learned") judge heat maps.

    Words are deleted, patches painted in the photo's mean colour. A blur would leave a patch of one colour as it is.
    """
    import torch

    from ..perturb import perturbed_logits

    perturbation, count = [*model.perturbations][-1], len(sample.unit_names)
    sizes = _schedule(count)
    count_rows = counted_rows(_rows(sizes), report)

    def by_fall(removed: Tensor) -> Tensor:
        """Return the remaining units, ordered by the class's probability without each of them, the lowest first."""
        rest = (~removed).nonzero()[:, 0]
        rows = removed.repeat(len(rest), 1)
        rows[torch.arange(len(rest)), rest] = True
        likelihoods = perturbed_logits(model, sample, rows, perturbation, count_rows).log_softmax(-1)[:, target]
        return rest[likelihoods.argsort(stable=True)]

    removed, order = torch.zeros(count, dtype=torch.bool), []
    for size in sizes:
        units = by_fall(removed)[:size]
        order += units.tolist()
        removed[units] = True
    scores = torch.zeros(count)
    scores[order] = torch.arange(count, 0, -1) / count
    report(1.0)
    return Explanation("greedy-occlusion", target, scores, sample.grid)


def _rows(sizes: list[int]) -> int:
    """Return the number of variants that are run where so many units go in each turn."""
    return sum(sum(sizes[turn:]) for turn in range(len(sizes)))


def _schedule(count: int) -> list[int]:
    """Return the numbers of units that go in each turn: the same until half have gone, then all the others."""
    at_once = max(1, round(_AT_ONCE * count))
    turns = math.ceil(_UP_TO * count / at_once)
    sizes = [at_once] * turns + [count - at_once * turns]
    return [size for size in sizes if size]
