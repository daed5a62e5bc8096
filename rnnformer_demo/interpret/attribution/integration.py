"""Integration of a gradient along a straight path until the completeness gap is small, by Captum."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..cost import Size
from .progress import Report, counted

if TYPE_CHECKING:
    from torch import Tensor

GAP_WANTED = 0.01
STEPS = (24, 48, 192)  # raised until the completeness gap is small enough
ROWS_PER_PASS = 64  # fast above the CNN
_SHORT = 128  # units up to which the last number of steps is hardly ever needed


def cost_of_integration(size: Size) -> float:
    """Return the cost of the numbers of steps that an input of this size takes as a rule."""
    return size.gradients(sum(STEPS if size.units > _SHORT else STEPS[:-1]))


def integrate(
    forward: Callable[[Tensor], Tensor],
    features: Tensor,
    baseline: Tensor,
    target: int,
    report: Report,
    ladder: tuple[int, ...] | None = None,
    rows: int = ROWS_PER_PASS,
) -> tuple[Tensor, float | None]:
    """Compute integrated gradients (Sundararajan et al. 2017).

    Args:
        forward: maps features of R rows to logits (R, C).
        features: the end of the path, with a batch of 1.
        baseline: the beginning of the path.
        target: index of the class.
        ladder: numbers of steps to try in turn; `STEPS` by default.
        rows: number of points on the path in one pass.

    Returns:
        Attributions of the shape of `features`.
        Their relative completeness gap; None where both ends of the path score the same.
    """
    import torch
    from captum.attr import IntegratedGradients

    ladder = ladder or STEPS
    with torch.no_grad():
        difference = (forward(features) - forward(baseline))[0, target].item()
    captum = IntegratedGradients(counted(forward, sum(ladder), report))
    for steps in ladder:
        scores = captum.attribute(features, baseline, target=target, n_steps=steps, internal_batch_size=rows)
        gap = relative_gap(scores.sum().item(), difference)
        if gap is None or gap <= GAP_WANTED:
            break
    report(1.0)
    return scores.detach(), gap


def relative_gap(total: float, difference: float) -> float | None:
    """Return the completeness gap |total - difference| / |difference|; None for a difference of 0."""
    return abs(total - difference) / abs(difference) if difference else None


def gap_notices(gap: float | None) -> tuple[str, ...]:
    """Return sentences for the reader of scores with such a completeness gap."""
    if gap is None:
        return ("This input scores exactly as one without evidence does: there is no difference to share out.",)
    if gap > GAP_WANTED:
        return (f"The scores miss the change of the logit by {gap:.1%}: read them with care.",)
    return ()
