"""Attention composed with the Jacobian of the recurrence below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .features import by_unit
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "attention-jacobian",
    "Attention through the recurrence",
    "Attention rollout traced on through the recurrence, by how much each attended state depends on each word or cell "
    "of the CNN's grid: neither for nor against a class.",
    scale="share of attention",
    draws=True,
    signed=False,
)
def attention_jacobian(model: Hybrid, sample: Sample, target: int, report: Report, seed: int) -> Explanation:
    """Run several passes forward for each step, through the recurrence alone. The same for every target."""
    from ..jacobian import attention_through_recurrence

    shares = attention_through_recurrence(model, sample, seed=seed, report=report)
    report(1.0)
    return Explanation("attention-jacobian", target, by_unit(shares, sample), sample.grid)
