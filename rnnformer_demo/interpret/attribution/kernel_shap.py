"""KernelSHAP (Lundberg & Lee 2017): Shapley values of words or patches, by a weighted regression over coalitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .coalitions import (
    ERROR,
    budget,
    cost_of_coalitions,
    draw_coalitions,
    error_notices,
    shapley_regression,
    stages,
    standard_errors,
)
from .integration import gap_notices, relative_gap
from .progress import Report, counted_rows
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid

_ROWS_PER_PASS = 16


@register_method(
    "kernel-shap",
    "KernelSHAP",
    "Each word's or patch's fair share (Shapley value): its mean effect on the logit over the orders in which it can "
    "be added to the unknown tokens or the grey photo. Exact for up to 11 words, estimated for more.",
    scale="share of the logit",
    cost=cost_of_coalitions,
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
    first, most = budget(sample.layout, count, sample.mask.shape[1])
    coalitions, weights = draw_coalitions(count, most, seed)
    drawn = len(coalitions) < 2**count
    baseline = to_baseline(model.baseline(sample.inputs, sample.mask))
    count_rows = counted_rows(len(coalitions), report)
    logits, error = torch.zeros(0), None
    for stage in (2 + inner for inner in stages(first, len(coalitions) - 2)) if drawn else (len(coalitions),):
        new = (coalitions[len(logits) : stage] == 0).split(_ROWS_PER_PASS)
        passes = [perturbed_logits(model, sample, removed, baseline, count_rows, _ROWS_PER_PASS) for removed in new]
        logits = torch.cat([logits, torch.cat(passes)[:, target]])
        scores = shapley_regression(coalitions[:stage], logits, weights[:stage])
        if drawn:
            largest = scores.abs().max() or 1.0
            error = (standard_errors(coalitions[:stage], logits, scores).max() / largest).item()
            if error <= ERROR:
                break
    report(1.0)
    gap = relative_gap(scores.sum().item(), (logits[0].double() - logits[1].double()).item())
    notices = (*gap_notices(gap), *error_notices(len(logits), "coalitions", error))
    return Explanation("kernel-shap", target, scores.float(), sample.grid, gap, notices)
