"""Layer-wise relevance propagation (Bach et al. 2015) through recurrence, attention and pooling, see `relevance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .features import by_unit
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "relevance-propagation",
    "Relevance propagation",
    "The logit handed down layer by layer to the words or the cells of the CNN's grid, with gates, attention and norms "
    "held as they are at this input. The scores add up to the logit less what the biases take.",
    scale="share of the logit",
    options={"rule": ("cp-lrp", "attn-lrp")},
)
def relevance_propagation(
    model: Hybrid, sample: Sample, target: int, report: Report, rule: str = "cp-lrp"
) -> Explanation:
    """Run one pass forward, and one backward that is written by hand.

    Args:
        rule: of attention, one of `relevance.ATTENTION_RULES`.
    """
    import torch

    from ...nn.hooks import capture
    from ..relevance import relevance_of

    with torch.no_grad(), capture(model) as outputs:
        model(sample.inputs, sample.mask)
        relevance = relevance_of(model, outputs, sample.mask, target, rule)
    report(1.0)
    return Explanation(
        "relevance-propagation",
        target,
        by_unit(relevance.steps, sample),
        sample.grid,
        bias_relevance=relevance.of_biases,
    )
