"""Greedy occlusion of photos by the odds of the class, averaged over two ways to fill what goes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...data import Sample
from .progress import Report, counted_rows
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.image import ImageHybrid

# Cells that go at once, and up to where they are chosen in turn; the others follow by their last falls.
_AT_ONCE, _UP_TO = 0.06, 0.5
# Cells that are tried in each turn but the first: those that were best when they were tried last. A cell that did
# little then seldom does most now, and each costs a run of the CNN (lazy greedy search, Minoux 1978).
_TRIED = 16
_FILLS = 2


@register_method(
    "averaged-greedy-occlusion",
    "Greedy occlusion, averaged",
    "Patches go a few at a time, in the order that lowers the odds of the class fastest, averaged over two fills: "
    "grey, and the photo's own pixels in random order. The trust card measures by neither. The score tells how early "
    "each goes; none speaks against the class.",
    scale="how early it goes",
    cost=lambda size: size.whole(_rows(size.units)),
    layout="grid",
    slow_on_grid=True,
    draws=True,
    signed=False,
    in_browser=False,
)
def averaged_greedy_occlusion(
    model: ImageHybrid, sample: Sample, target: int, report: Report, seed: int
) -> Explanation:
    """Eliminate cells greedily by the log-odds of the target, the mean over two fills.

    A single fill has peculiarities of its own: a mean colour may hold the evidence that goes, and noise may add some.
    Log-odds show a fall where the probability is still close to 1, and no fill outweighs the other.

    Args:
        seed: seed of the order of the pixels.
    """
    import torch

    from ...models.perturbation import to_baseline
    from ..perturb import perturbed_logits

    count, size = len(sample.unit_names), _at_once(len(sample.unit_names))
    fills = [to_baseline(fill) for fill in (model.baseline(sample.inputs, sample.mask), _mixed(sample.inputs, seed))]
    count_rows = counted_rows(_rows(count), report)

    def odds(removed: Tensor, units: Tensor) -> Tensor:
        """Return the mean log-odds of the class without each of some units, beside those that are gone."""
        rows = removed.repeat(len(units), 1)
        rows[torch.arange(len(units)), units] = True
        logits = (perturbed_logits(model, sample, rows, fill, count_rows) for fill in fills)
        return torch.stack([log_odds(each, target) for each in logits]).mean(0)

    removed, order = torch.zeros(count, dtype=torch.bool), []
    last = odds(removed, torch.arange(count))  # of each cell, when it was tried last
    for turn in range(_turns(count)):
        ranked = _ranked(last, removed)
        if turn:
            tried = ranked[:_TRIED]
            found = odds(removed, tried)
            last += (found - last[tried]).mean()  # the others' would have moved as these have
            last[tried] = found
            ranked = _ranked(last, removed)
        order += ranked[:size].tolist()
        removed[ranked[:size]] = True
    order += _ranked(last, removed).tolist()
    scores = torch.zeros(count)
    scores[order] = torch.arange(count, 0, -1) / count
    report(1.0)
    return Explanation("averaged-greedy-occlusion", target, scores, sample.grid)


def log_odds(logits: Tensor, target: int) -> Tensor:
    """Return the logarithms (R,) of the odds of a class by logits (R, C)."""
    others = logits.clone()
    others[:, target] = -math.inf
    return logits[:, target] - others.logsumexp(-1)


def _mixed(photo: Tensor, seed: int) -> Tensor:
    """Return a photo (1, 3, S, S) with its pixels in random order: its colours stay, but nowhere in place."""
    import torch

    order = torch.randperm(photo.shape[-2] * photo.shape[-1], generator=torch.Generator().manual_seed(seed))
    return photo.flatten(2)[..., order].view_as(photo)


def _ranked(odds: Tensor, removed: Tensor) -> Tensor:
    """Return the units that are left, the one without which the class is least likely first."""
    left = (~removed).nonzero()[:, 0]
    return left[odds[left].argsort(stable=True)]


def _at_once(count: int) -> int:
    return max(1, round(_AT_ONCE * count))


def _turns(count: int) -> int:
    return math.ceil(_UP_TO * count / _at_once(count))


def _rows(count: int) -> int:
    """Return the number of variants that are run."""
    left = (count - turn * _at_once(count) for turn in range(1, _turns(count)))
    return _FILLS * (count + sum(min(_TRIED, each) for each in left))
