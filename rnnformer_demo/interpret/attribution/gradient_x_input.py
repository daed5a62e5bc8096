"""Gradient x input (Shrikumar et al. 2016): the logit's first-order change when a token's vector goes to zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from ..cost import one_gradient
from .features import by_unit, tokens_of
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "gradient-x-input",
    "Gradient × input",
    "The gradient at this input times the input, over words or cells of the CNN's grid: one pass, exact only where the "
    "network is linear.",
    scale="first-order share",
    cost=one_gradient,
)
def gradient_x_input(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Run one pass forward and one backward above the tokens."""
    from captum.attr import InputXGradient

    scores = InputXGradient(model.classify_tokens).attribute(
        tokens_of(model, sample).requires_grad_(), target=target, additional_forward_args=(sample.mask,)
    )
    report(1.0)
    return Explanation("gradient-x-input", target, by_unit(scores.sum(-1)[0], sample), sample.grid)
