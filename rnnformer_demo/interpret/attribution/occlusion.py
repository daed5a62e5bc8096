"""Occlusion (Zeiler & Fergus 2014): the fall of the logit when a word or a patch is replaced by the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .features import sum_by_unit
from .progress import Report, counted
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid

_ROWS_PER_PASS = 16


@register_method(
    "occlusion",
    "Occlusion",
    "How much the logit falls when a word is replaced by the unknown token, or a patch by grey.",
    scale="fall of the logit",
    cost=lambda size: size.whole(size.units + 1),
    slow_on_grid=True,
)
def occlusion(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Run one forward pass for each word or patch, in batches."""
    import torch
    from captum.attr import FeatureAblation

    count = len(sample.unit_names)
    forward = counted(lambda inputs, mask: model(inputs, mask.expand(len(inputs), -1)), count + 1, report)
    with torch.no_grad():
        scores = FeatureAblation(forward).attribute(
            sample.inputs,
            model.baseline(sample.inputs, sample.mask),
            target=target,
            additional_forward_args=(sample.mask,),
            feature_mask=sample.feature_mask,
            perturbations_per_eval=_ROWS_PER_PASS,
        )
    # Captum writes the score of a unit to each of its features: a mean over them gives it back.
    features = torch.ones_like(scores, dtype=torch.float32)
    total, size = sum_by_unit(scores, sample.feature_mask, count), sum_by_unit(features, sample.feature_mask, count)
    return Explanation("occlusion", target, total / size, sample.grid)
