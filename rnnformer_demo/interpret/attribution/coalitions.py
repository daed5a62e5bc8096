"""Coalitions of units, and Shapley values as a weighted regression over them (Lundberg & Lee 2017, section 4.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..cost import Size

if TYPE_CHECKING:
    from torch import Tensor

ERROR = 0.02  # standard error of a score, as a share of the largest, at which no more coalitions are run
# Coalitions: at first the greater of the two, then twice as many again and again, until the standard error is small
# enough, or until so many times as many have run, or so many tokens. Each of a photo takes a run of the CNN.
_SAMPLES, _SAMPLES_PER_UNIT = 256, 8
_MOST, _MOST_TOKENS = {"sequence": 8, "grid": 1}, 300_000


def budget(layout: str, units: int, steps: int) -> tuple[int, int]:
    """Return the number of coalitions that are run at first, and the most, both even."""
    first = max(_SAMPLES, _SAMPLES_PER_UNIT * units)
    most = max(first, min(first * _MOST[layout], _MOST_TOKENS // steps))
    return first, most - most % 2


def cost_of_coalitions(size: Size) -> float:
    """Return the cost of the coalitions that an input takes as a rule: twice those that are run at first."""
    first, most = budget(size.layout, size.units, size.steps)
    return size.whole(min(2 * first, most, 2.0 ** min(size.units, 64)))


def stages(first: int, most: int) -> Iterator[int]:
    """Yield the first number, twice as many and so on, up to the most."""
    stage = first
    while stage < most:
        yield stage
        stage *= 2
    yield most


def error_notices(count: int, what: str, error: float | None) -> tuple[str, ...]:
    """Return a sentence on the standard error of what was estimated, given as a share; none where nothing was."""
    if error is None:
        return ()
    return (f"Estimated from {count:,} {what}: the standard error is up to {error:.1%} of the largest score.",)


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

    left, right = _reduced(coalitions, outputs)
    root = weights[2:].double().sqrt()
    solution = torch.linalg.lstsq(root[:, None] * left, (root * right)[:, None], driver="gelsd").solution[:, 0]
    return torch.cat([solution, ((outputs[0] - outputs[1]).double() - solution.sum())[None]])


def standard_errors(coalitions: Tensor, outputs: Tensor, scores: Tensor) -> Tensor:
    """Return the standard errors (count,) of scores that `shapley_regression` has fitted to drawn coalitions.

    They are robust ones (White 1980), each coalition together with its complement as one observation.

    Args:
        coalitions, outputs: see there; of equal weight, complements next to each other.
        scores: (count,).
    """
    import torch

    left, right = _reduced(coalitions, outputs)
    residuals = right - left @ scores[:-1]
    pairs = (left * residuals[:, None]).unflatten(0, (-1, 2)).sum(1)  # (n / 2, count - 1)
    inverse = torch.linalg.pinv(left.T @ left, hermitian=True)
    freedom = len(pairs) / max(1, len(pairs) - len(scores))
    variance = freedom * inverse @ (pairs.T @ pairs) @ inverse
    return torch.cat([variance.diagonal(), variance.sum()[None]]).clamp(min=0).sqrt()


def _reduced(coalitions: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the regression's two sides (n - 2, count - 1) and (n - 2,), the last unit eliminated by the constraint."""
    coalitions, outputs = coalitions.double(), outputs.double()
    last = coalitions[2:, -1]
    return coalitions[2:, :-1] - last[:, None], outputs[2:] - outputs[1] - last * (outputs[0] - outputs[1])
