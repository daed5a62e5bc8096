"""Gradient x attention (after Chefer et al. 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from ..cost import one_gradient
from .features import by_unit
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "gradient-attention",
    "Gradient × attention",
    "The share of the attention that raises the class, through all layers, on each word's or cell's state: never "
    "against the class. A state has already read the whole input.",
    scale="share of attention for the class",
    cost=one_gradient,
    signed=False,
)
def gradient_attention(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Run one pass forward and one backward."""
    from .. import attention_flow

    shares = attention_flow.gradient_attention(model, sample, target)
    report(1.0)
    return Explanation("gradient-attention", target, by_unit(shares, sample), sample.grid)
