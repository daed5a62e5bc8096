"""KernelSHAP (Lundberg & Lee 2017): Shapley values of words or patches, by a weighted regression over coalitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...data import Sample
from .coalitions import draw_coalitions, shapley_regression, standard_errors
from .integration import gap_notices, relative_gap
from .progress import Report, counted_rows
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid

# Coalitions: at first the greater of the two, then twice as many again and again, until the standard error is small
# enough, or until so many times as many have run, or so many tokens; all of them at once where there are no more. Each
# of a photo takes a run of the CNN.
_SAMPLES, _SAMPLES_PER_UNIT = 256, 8
_MOST, _MOST_TOKENS = {"sequence": 8, "grid": 1}, 300_000
_ERROR = 0.02  # standard error of a score, as a share of the largest
_ROWS_PER_PASS = 16


@register_method(
    "kernel-shap",
    "KernelSHAP",
    "Each word's or patch's fair share (Shapley value): its mean effect on the logit over the orders in which it can "
    "be added to the unknown tokens or the grey photo. Exact for up to 11 words, estimated for more.",
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
    first = max(_SAMPLES, _SAMPLES_PER_UNIT * count)
    most = max(first, min(first * _MOST[sample.layout], _MOST_TOKENS // sample.mask.shape[1]))
    coalitions, weights = draw_coalitions(count, most - most % 2, seed)
    drawn = len(coalitions) < 2**count
    baseline = to_baseline(model.baseline(sample.inputs, sample.mask))
    count_rows = counted_rows(len(coalitions), report)
    logits, error = torch.zeros(0), None
    for stage in _stages(first, len(coalitions)) if drawn else (len(coalitions),):
        new = (coalitions[len(logits) : stage] == 0).split(_ROWS_PER_PASS)
        passes = [perturbed_logits(model, sample, removed, baseline, count_rows, _ROWS_PER_PASS) for removed in new]
        logits = torch.cat([logits, torch.cat(passes)[:, target]])
        scores = shapley_regression(coalitions[:stage], logits, weights[:stage])
        if drawn:
            largest = scores.abs().max() or 1.0
            error = (standard_errors(coalitions[:stage], logits, scores).max() / largest).item()
            if error <= _ERROR:
                break
    report(1.0)
    gap = relative_gap(scores.sum().item(), (logits[0].double() - logits[1].double()).item())
    notices = (*gap_notices(gap), *_error_notices(len(logits), error))
    return Explanation("kernel-shap", target, scores.float(), sample.grid, gap, notices)


def _stages(first: int, most: int) -> Iterator[int]:
    """Yield numbers of coalitions, the two ends among them: the first, twice as many and so on, up to the most."""
    stage = first + 2
    while stage < most:
        yield stage
        stage = 2 * (stage - 2) + 2
    yield most


def _error_notices(coalitions: int, error: float | None) -> tuple[str, ...]:
    if error is None:
        return ()
    return (f"Estimated from {coalitions:,} coalitions: the standard error is up to {error:.1%} of the largest score.",)
