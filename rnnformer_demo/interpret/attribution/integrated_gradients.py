"""Integrated gradients (Sundararajan et al. 2017) over words, over cells of the CNN's grid, and over pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .features import BASELINES, baseline_tokens, by_unit, tokens_of
from .integration import cost_of_integration, gap_notices, integrate
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid

_PIXEL_STEPS = (64,)  # the way through the CNN has so many kinks that more steps than seconds allow would be needed
_PHOTOS_PER_PASS = 2  # through the CNN and back: sparing of memory, and of the time until others have their turn


@register_method(
    "integrated-gradients",
    "Integrated gradients",
    "The gradient collected on the way from an input without evidence to this one. The scores add up to the change of "
    "the logit; the completeness gap says how exactly.",
    scale="share of the logit",
    cost=cost_of_integration,
    integrates=True,
    options={"baseline": BASELINES},
)
def integrated_gradients(
    model: Hybrid, sample: Sample, target: int, report: Report, baseline: str = BASELINES[0]
) -> Explanation:
    """Integrate over words, or over the cells of the CNN's grid: the CNN itself runs once."""
    scores, gap = integrate(
        lambda tokens: model.classify_tokens(tokens, sample.mask.expand(len(tokens), -1)),
        tokens_of(model, sample),
        baseline_tokens(model, sample, baseline),
        target,
        report,
    )
    steps = scores.sum(-1)[0]  # (T,)
    return Explanation("integrated-gradients", target, by_unit(steps, sample), sample.grid, gap, gap_notices(gap))


@register_method(
    "pixel-integrated-gradients",
    "Integrated gradients on pixels",
    "The same, down to single pixels: finer, slower and noisier.",
    scale="share of the logit",
    cost=lambda size: size.to_pixels(sum(_PIXEL_STEPS)),
    integrates=True,
    layout="grid",
    slow_on_grid=True,
    in_browser=False,
)
def pixel_integrated_gradients(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Integrate over pixels, through the CNN, from a grey photo on."""
    scores, gap = integrate(
        lambda photos: model.classify_embedded(photos, sample.mask.expand(len(photos), -1)),
        model.embed(sample.inputs),
        model.baseline(sample.inputs, sample.mask),
        target,
        report,
        _PIXEL_STEPS,
        _PHOTOS_PER_PASS,
    )
    pixels = scores.sum(1)[0]  # (S, S)
    return Explanation(
        "pixel-integrated-gradients",
        target,
        pixels.flatten(),
        (pixels.shape[0], pixels.shape[1]),
        gap,
        gap_notices(gap),
    )
