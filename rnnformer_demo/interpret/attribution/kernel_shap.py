"""KernelSHAP (Lundberg & Lee 2017): Shapley values of words or patches, by a weighted regression over coalitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .coalitions import draw_coalitions, shapley_regression
from .integration import gap_notices, relative_gap
from .progress import Report, counted_rows
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid

# Coalitions: the greater of the two, or all where there are no more. With 8 for each of 63 words the scores' ranks
# correlate with those from 6,000 coalitions to 0.80-0.87 (two models), with 4 to 0.6, with 16 to 0.9.
_SAMPLES, _SAMPLES_PER_UNIT = 256, 8
_ROWS_PER_PASS = 16


@register_method(
    "kernel-shap",
    "KernelSHAP",
    "Each word's or patch's fair share (Shapley value): its mean effect on the logit over the orders in which it can "
    "be added to the unknown tokens or the grey photo. Exact for up to 8 words, estimated for more.",
    scale="share of the logit",
    slow_on_grid=True,
    draws=True,
)
def kernel_shap(model: Hybrid, sample: Sample, target: int, report: Report, seed: int) -> Explanation:
    """Run one forward pass for each coalition, in batches; of photos through the CNN.

    Better than the paper's sampler: few units are enumerated, coalitions of many are drawn in pairs of complements, and
    the sum of the scores is a constraint of the regression, not a heavy weight in it.
    """
    import torch

    from ...models.perturbation import to_baseline
    from ..perturb import perturbed_logits

    count = len(sample.unit_names)
    coalitions, weights = draw_coalitions(count, max(_SAMPLES, _SAMPLES_PER_UNIT * count), seed)
    baseline = to_baseline(model.baseline(sample.inputs, sample.mask))
    count_rows = counted_rows(len(coalitions), report)
    passes = [
        perturbed_logits(model, sample, removed, baseline, count_rows, _ROWS_PER_PASS)
        for removed in (coalitions == 0).split(_ROWS_PER_PASS)
    ]
    logits = torch.cat(passes)[:, target]
    scores = shapley_regression(coalitions, logits, weights)
    report(1.0)
    gap = relative_gap(scores.sum().item(), (logits[0].double() - logits[1].double()).item())
    return Explanation("kernel-shap", target, scores.float(), sample.grid, gap, gap_notices(gap))
