"""Attention composed with the Jacobian of the recurrence below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from ..cost import Size
from .features import by_unit
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


def _cost(size: Size) -> float:
    from ..jacobian import cost_of_jacobian

    return cost_of_jacobian(size)


@register_method(
    "attention-jacobian",
    "Attention through the recurrence",
    "Attention rollout traced on through the recurrence, by how much each attended state depends on each word or cell "
    "of the CNN's grid: neither for nor against a class.",
    scale="share of attention",
    cost=_cost,
    draws=True,
    signed=False,
)
def attention_jacobian(model: Hybrid, sample: Sample, target: int, report: Report, seed: int) -> Explanation:
    """Run several passes forward for each step, through the recurrence alone. The same for every target."""
    import torch

    from ..attention_flow import pooled_rollout
    from ..jacobian import attention_through_recurrence, jackknife_errors, token_jacobian
    from ..trace import trace

    jacobian = token_jacobian(model, sample, seed=seed, report=report)
    shares, replicates = attention_through_recurrence(pooled_rollout(trace(model, sample)), jacobian)
    scores = by_unit(shares, sample)
    errors = jackknife_errors(torch.stack([by_unit(each, sample) for each in replicates]))
    notice = (
        f"Estimated from {len(replicates)} random probes of each word or cell: the standard error is up to "
        f"{errors.max() / scores.max():.1%} of the largest score."
    )
    report(1.0)
    return Explanation("attention-jacobian", target, scores, sample.grid, warnings=(notice,))
