"""Coalitions of units, and Shapley values as a weighted regression over them (Lundberg & Lee 2017, section 4.1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def draw_coalitions(count: int, most: int, seed: int) -> tuple[Tensor, Tensor]:
    """Draw coalitions (n, count) of 0 and 1 with their weights (n,) in the regression: all units, none, then others.

    Args:
        count: number of units.
        most: largest number of coalitions besides those two. Where there are no more, all are taken, weighted by the
            Shapley kernel; else sizes are drawn by the kernel and every coalition comes with its complement (Covert &
            Lee 2021).
        seed: seed of the draw.
    """
    import torch

    ends = torch.stack([torch.ones(count), torch.zeros(count)]).long()
    if count < 2:
        return ends, torch.ones(len(ends))
    if 2**count - 2 <= most:
        numbers = torch.arange(1, 2**count - 1)
        inner = numbers[:, None] >> torch.arange(count) & 1  # (n, count)
        weights = [(count - 1) / (math.comb(count, k) * k * (count - k)) for k in inner.sum(1).tolist()]
    else:
        generator = torch.Generator().manual_seed(seed)
        sizes = torch.arange(1, count)
        chances = 1.0 / (sizes * (count - sizes))  # of all coalitions of a size together, under the kernel
        draws = sizes[chances.multinomial(most // 2, replacement=True, generator=generator)]
        places = torch.rand(most // 2, count, generator=generator).argsort(-1).argsort(-1)
        half = (places < draws[:, None]).long()
        inner = torch.stack([half, 1 - half], dim=1).flatten(0, 1)
        weights = [1.0] * len(inner)
    return torch.cat([ends, inner]), torch.tensor([1.0, 1.0, *weights])


def shapley_regression(coalitions: Tensor, outputs: Tensor, weights: Tensor) -> Tensor:
    """Fit Shapley values (count,) by weighted least squares, under the constraint that they sum to f(all) - f(none).

    Args:
        coalitions: (n, count) of 0 and 1, the first all units and the second none.
        outputs: (n,) values of f, one for each coalition.
        weights: (n,) weight of each coalition in the regression; those of the first two are not used.
    """
    import torch

    coalitions, outputs, weights = coalitions.double(), outputs.double(), weights.double()
    difference = outputs[0] - outputs[1]
    last = coalitions[2:, -1]  # eliminated by the constraint
    left = coalitions[2:, :-1] - last[:, None]
    right = outputs[2:] - outputs[1] - last * difference
    root = weights[2:].sqrt()
    solution = torch.linalg.lstsq(root[:, None] * left, (root * right)[:, None], driver="gelsd").solution[:, 0]
    return torch.cat([solution, (difference - solution.sum())[None]])
