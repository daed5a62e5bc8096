"""Integrated gradients (Sundararajan et al. 2017) over words, over cells of the CNN's grid, and over pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..data import Sample
from .registry import Explanation, Report, counted, register_method, sum_by_unit

if TYPE_CHECKING:
    from torch import Tensor

    from ..models import Hybrid

GAP_WANTED = 0.01
_STEPS = (24, 48, 192)  # raised until the completeness gap is small enough
_PIXEL_STEPS = (64,)  # the way through the CNN has so many kinks that more steps than seconds allow would be needed
_ROWS_PER_PASS, _PHOTOS_PER_PASS = 64, 16  # rows that are run at once: fast above the CNN, sparing of memory through it


@register_method(
    "integrated-gradients",
    "Integrated gradients",
    "The gradient collected on the way from an input without evidence to this one. The scores add up to the change of "
    "the logit; the completeness gap says how exactly.",
    scale="share of the logit",
)
def integrated_gradients(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Over words, or over the cells of the CNN's grid: of a photo only the part above the CNN is run repeatedly."""
    import torch

    with torch.no_grad():
        tokens = model.tokens(model.embed(sample.inputs))
        baseline = model.tokens(model.embed(model.baseline(sample.inputs, sample.mask)))
    scores, gap = _integrate(model.decide, tokens, baseline, sample, target, _STEPS, _ROWS_PER_PASS, report)
    steps = scores.sum(-1)[0]  # (T,)
    return Explanation(
        "integrated-gradients",
        target,
        sum_by_unit(steps, sample.step_units, len(sample.names)),
        sample.grid,
        gap,
        _notices(gap),
    )


@register_method(
    "pixel-integrated-gradients",
    "Integrated gradients on pixels",
    "The same, down to single pixels: finer, slower and noisier.",
    scale="share of the logit",
    needs_grid=True,
    slow_on_photos=True,
)
def pixel_integrated_gradients(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Over pixels, through the CNN."""
    baseline = model.baseline(sample.inputs, sample.mask)
    scores, gap = _integrate(
        model.classify, sample.inputs, baseline, sample, target, _PIXEL_STEPS, _PHOTOS_PER_PASS, report
    )
    pixels = scores.sum(1)[0]  # (S, S)
    return Explanation("pixel-integrated-gradients", target, pixels.flatten(), tuple(pixels.shape), gap, _notices(gap))


def _integrate(
    forward: Callable[[Tensor, Tensor], Tensor],
    features: Tensor,
    baseline: Tensor,
    sample: Sample,
    target: int,
    ladder: tuple[int, ...],
    rows: int,
    report: Report,
) -> tuple[Tensor, float | None]:
    """Attributions of the shape of `features`, and their relative completeness gap."""
    import torch
    from captum.attr import IntegratedGradients

    with torch.no_grad():
        difference = (forward(features, sample.mask) - forward(baseline, sample.mask))[0, target].item()
    captum = IntegratedGradients(counted(forward, sum(ladder), report))
    for steps in ladder:
        scores = captum.attribute(
            features,
            baseline,
            target=target,
            additional_forward_args=(sample.mask,),
            n_steps=steps,
            internal_batch_size=rows,
        )
        gap = abs(scores.sum().item() - difference) / abs(difference) if difference else None
        if gap is None or gap <= GAP_WANTED:
            break
    report(1.0)
    return scores.detach(), gap


def _notices(gap: float | None) -> tuple[str, ...]:
    if gap is None:
        return ("This input scores exactly as one without evidence does: there is no difference to share out.",)
    if gap > GAP_WANTED:
        return (f"The scores miss the change of the logit by {gap:.1%}: read them with care.",)
    return ()
