"""Layer-wise relevance propagation (Bach et al. 2015) to words, cells of the CNN's grid and pixels, see `relevance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from ..cost import one_gradient
from .features import by_unit
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid
    from ...models.image import ImageHybrid


@register_method(
    "relevance-propagation",
    "Relevance propagation",
    "The logit handed down layer by layer to the words or the cells of the CNN's grid, with gates, attention and norms "
    "held as they are at this input. The scores add up to the logit less what the biases take.",
    scale="share of the logit",
    cost=one_gradient,
    options={"rule": ("cp-lrp", "attn-lrp")},
)
def relevance_propagation(
    model: Hybrid, sample: Sample, target: int, report: Report, rule: str = "cp-lrp"
) -> Explanation:
    """Run one pass forward, and one backward that is written by hand.

    Args:
        rule: of attention, one of `relevance.ATTENTION_RULES`.
    """
    from ..relevance import relevance_at

    relevance = relevance_at(model, sample.inputs, sample.mask, target, rule)
    report(1.0)
    scores = by_unit(relevance.scores, sample)
    return Explanation("relevance-propagation", target, scores, sample.grid, bias_relevance=relevance.of_biases)


@register_method(
    "pixel-relevance-propagation",
    "Relevance propagation to pixels",
    "The same, handed on through the CNN to single pixels, with more for what agrees with a feature (gamma rule). Most "
    "of the logit stays with the CNN's biases: read places, not sizes.",
    scale="share of the logit",
    cost=lambda size: size.to_pixels(1),
    layout="grid",
    in_browser=False,
)
def pixel_relevance_propagation(model: ImageHybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Run one pass forward, and one backward that is written by hand, down to the pixels."""
    from ..relevance import record
    from ..relevance.pixels import pixel_relevance_of

    recording = record(model, sample.inputs, sample.mask)
    relevance = pixel_relevance_of(model, recording, model.embed(sample.inputs), target)
    report(1.0)
    rows, columns = relevance.scores.shape
    return Explanation(
        "pixel-relevance-propagation",
        target,
        relevance.scores.flatten(),
        (rows, columns),
        bias_relevance=relevance.of_biases,
    )
