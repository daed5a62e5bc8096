"""Direct logit attribution: the share of each step in the logit, through the pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from ..cost import one_pass
from .features import by_unit, tokens_of
from .integration import gap_notices, relative_gap
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "direct-logit-attribution",
    "Direct logit attribution",
    "The logit taken apart: attention pooling is a weighted sum and nothing but a linear layer follows it, so each "
    "word or cell has an exact share. What a step has read from others counts as its own.",
    scale="share of the logit",
    cost=one_pass,
)
def direct_logit_attribution(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Run one forward pass. The scores add up to the logit itself, not to its difference from that of a baseline.

    Raises:
        ValueError: for a model with a hidden layer after the pooling, see `HybridCore.logit_contributions`.
    """
    import torch

    with torch.no_grad():
        tokens = tokens_of(model, sample)
        shares = model.core.logit_contributions(tokens, sample.mask, model.grid)[0, :, target]  # (T,)
        logit = model.classify_tokens(tokens, sample.mask)[0, target].item()
    report(1.0)
    gap = relative_gap(shares.sum().item(), logit)
    return Explanation("direct-logit-attribution", target, by_unit(shares, sample), sample.grid, gap, gap_notices(gap))
