"""Grad-CAM (Selvaraju et al. 2017) on the last feature grid of the CNN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "grad-cam",
    "Grad-CAM",
    "Channels of the CNN's grid, weighted by their mean gradient. Negative cells speak against the class.",
    scale="weighted activation",
    cost=lambda size: size.to_pixels(1),
    layout="grid",
)
def grad_cam(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Run one pass forward and one backward."""
    from captum.attr import LayerGradCam

    from ...nn.hooks import observed

    (grid,) = model.hook_points("grid")
    with observed():
        scores = LayerGradCam(model.classify_embedded, grid).attribute(
            model.embed(sample.inputs), target=target, additional_forward_args=(sample.mask,), relu_attributions=False
        )
    report(1.0)
    return Explanation("grad-cam", target, scores.detach().flatten().float(), sample.grid)
