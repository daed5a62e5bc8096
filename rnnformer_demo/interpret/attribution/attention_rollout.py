"""Attention rollout (Abnar & Zuidema 2020), read by the pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from ..cost import one_pass
from .features import by_unit
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "attention-rollout",
    "Attention rollout",
    "The share of attention that each word's or cell's state gets from the decision, through all layers: neither for "
    "nor against a class. A state has already read the whole input.",
    scale="share of attention",
    cost=one_pass,
    signed=False,
)
def attention_rollout(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Run one pass forward. The same for every target."""
    from ..attention_flow import pooled_rollout
    from ..trace import trace

    shares = pooled_rollout(trace(model, sample))
    report(1.0)
    return Explanation("attention-rollout", target, by_unit(shares, sample), sample.grid)
