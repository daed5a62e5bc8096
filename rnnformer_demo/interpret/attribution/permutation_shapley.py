"""Shapley values by random orders in antithetic pairs (Castro et al. 2009; Mitchell et al. 2022)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...data import Sample
from .coalitions import ERROR, budget, cost_of_coalitions, error_notices, stages
from .integration import gap_notices, relative_gap
from .progress import Report, counted_rows
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from torch import Tensor

    from ...models import Hybrid

_FEWEST_PAIRS = 4  # of fewer the standard error itself would be too uncertain to stop by
_PAIRS_PER_PASS = 4


@register_method(
    "permutation-shapley",
    "Permutation Shapley",
    "Each word's or patch's fair share (Shapley value), as KernelSHAP seeks it, by another way: the mean fall of the "
    "logit when it goes, over random orders in which all go, each walked forwards and backwards.",
    scale="share of the logit",
    cost=cost_of_coalitions,
    slow_on_grid=True,
    draws=True,
)
def permutation_shapley(model: Hybrid, sample: Sample, target: int, report: Report, seed: int) -> Explanation:
    """Walk random orders and their reverses until the standard error is small enough, or a budget is spent.

    Along each order the falls add up to f(all) - f(none), and therefore so do the scores.
    """
    import torch

    from ...models.perturbation import to_baseline
    from ..perturb import perturbed_logits

    count = len(sample.unit_names)
    first, most = (
        max(_FEWEST_PAIRS, rows // (2 * max(1, count - 1)))
        for rows in budget(sample.layout, count, sample.mask.shape[1])
    )
    baseline = to_baseline(model.baseline(sample.inputs, sample.mask))
    count_rows = counted_rows(2 + most * 2 * (count - 1), report)

    def logits_of(removed: Tensor) -> Tensor:
        return perturbed_logits(model, sample, removed, baseline, count_rows)[:, target]

    whole, none = logits_of(torch.arange(2)[:, None].expand(2, count).bool()).double()
    generator = torch.Generator().manual_seed(seed)
    falls, error = torch.zeros(0, count, dtype=torch.float64), None
    for stage in stages(first, most) if count > 1 else (1,):
        while len(falls) < stage:
            pairs = min(_PAIRS_PER_PASS, stage - len(falls))
            orders = torch.stack([torch.randperm(count, generator=generator) for _ in range(pairs)])
            both = torch.stack([orders, orders.flip(1)], dim=1)  # (P, 2, n)
            falls = torch.cat([falls, _falls(both, logits_of, whole, none).mean(1)])
        scores = falls.mean(0)
        if count > 1:
            error = (falls.std(0).max() / len(falls) ** 0.5 / (scores.abs().max() or 1.0)).item()
            if error <= ERROR:
                break
    report(1.0)
    gap = relative_gap(scores.sum().item(), (whole - none).item())
    notices = (*gap_notices(gap), *error_notices(2 * len(falls), "orders", error))
    return Explanation("permutation-shapley", target, scores.float(), sample.grid, gap, notices)


def _falls(orders: Tensor, logits_of: Callable[[Tensor], Tensor], whole: Tensor, none: Tensor) -> Tensor:
    """Return the fall of the logit when each unit goes, (P, 2, n), along orders (P, 2, n)."""
    import torch

    count = orders.shape[-1]
    ranks = orders.argsort(-1)  # when each unit goes
    removed = ranks[..., None, :] < torch.arange(1, count)[:, None]  # (P, 2, n - 1, n)
    inner = logits_of(removed.flatten(0, 2)).double().view(*orders.shape[:2], count - 1)
    ends = orders.new_ones(*orders.shape[:2], 1)
    along = torch.cat([whole * ends, inner, none * ends], dim=-1)  # (P, 2, n + 1)
    return (along[..., :-1] - along[..., 1:]).gather(-1, ranks)
