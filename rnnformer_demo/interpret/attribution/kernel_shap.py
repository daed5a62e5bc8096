"""KernelSHAP (Lundberg & Lee 2017): Shapley values of words or patches, by a weighted regression over coalitions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...data import Sample
from .integration import gap_notices, relative_gap
from .progress import Report, counted
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from torch import Tensor

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
    """One forward pass for each coalition, in batches; of photos through the CNN.

    Captum's `KernelShap` is its `Lime` with a kernel and a sampler, and is so here too, with better ones: few units are
    enumerated, coalitions of many are drawn in pairs of complements (Covert & Lee 2021), and the regression is solved
    with the sum as a constraint and not as a heavy weight, nor with scikit-learn.
    """
    import torch
    from captum.attr import Lime

    count = len(sample.unit_names)
    coalitions, weights = draw_coalitions(count, max(_SAMPLES, _SAMPLES_PER_UNIT * count), seed)
    forward = counted(lambda rows: model(rows, sample.mask.expand(len(rows), -1)), len(coalitions), report)
    baseline = model.baseline(sample.inputs, sample.mask)
    solver = _ShapleyRegression()
    kernel = iter(weights)

    def coalition_by_coalition(_inputs: Tensor, **_options: object) -> Iterator[Tensor]:
        yield from coalitions[:, None]

    with torch.no_grad():
        scores = Lime(
            forward,
            interpretable_model=solver,
            similarity_func=lambda *_arguments, **_options: next(kernel),
            perturb_func=coalition_by_coalition,
        ).attribute(
            sample.inputs,
            baseline,
            target=target,
            feature_mask=sample.feature_mask,
            n_samples=len(coalitions),
            perturbations_per_eval=_ROWS_PER_PASS,
            return_input_shape=False,
        )
    report(1.0)
    gap = relative_gap(scores.sum().item(), solver.difference)
    return Explanation("kernel-shap", target, scores.flatten().float(), sample.grid, gap, gap_notices(gap))


def draw_coalitions(count: int, most: int, seed: int) -> tuple[Tensor, Tensor]:
    """Coalitions (n, count) of 0 and 1 and their weights (n,) in the regression: all units, none, then others.

    Args:
        count: number of units.
        most: how many coalitions besides those two. Where there are no more, all are taken, weighted by the Shapley
            kernel; else sizes are drawn by the kernel and every coalition comes with its complement.
        seed: of the draw.
    """
    import torch

    ends = torch.stack([torch.ones(count), torch.zeros(count)]).long()
    if count < 2:
        return ends, torch.ones(len(ends))
    if 2**count - 2 <= most:
        numbers = torch.arange(1, 2**count - 1)
        inner = numbers[:, None] >> torch.arange(count) & 1  # (n, count)
        weights = [(count - 1) / (math.comb(count, k) * k * (count - k)) for k in inner.sum(1).tolist()]
    else:
        generator = torch.Generator().manual_seed(seed)
        sizes = torch.arange(1, count)
        chances = 1.0 / (sizes * (count - sizes))  # of all coalitions of a size together, under the kernel
        drawn = sizes[chances.multinomial(most // 2, replacement=True, generator=generator)]
        places = torch.rand(most // 2, count, generator=generator).argsort(-1).argsort(-1)
        half = (places < drawn[:, None]).long()
        inner = torch.stack([half, 1 - half], dim=1).flatten(0, 1)
        weights = [1.0] * len(inner)
    return torch.cat([ends, inner]), torch.tensor([1.0, 1.0, *weights])


class _ShapleyRegression:
    """Captum's interface of a surrogate: weighted least squares whose coefficients sum to f(all) - f(none).

    Attributes:
        difference: f(all) - f(none), once fitted.
    """

    def fit(self, train_data, **_options: object) -> None:
        """Takes Captum's loader of coalitions, outputs and weights."""
        import torch

        # Its tensors, since iterating over a loader draws from the global generator.
        coalitions, outputs, weights = (tensor.double() for tensor in train_data.dataset.tensors)
        self.difference = (outputs[0] - outputs[1]).item()
        last = coalitions[2:, -1]
        left = coalitions[2:, :-1] - last[:, None]
        right = outputs[2:] - outputs[1] - last * self.difference
        root = weights[2:].sqrt()
        solved = torch.linalg.lstsq(root[:, None] * left, (root * right)[:, None], driver="gelsd").solution[:, 0]
        self.scores = torch.cat([solved, self.difference - solved.sum()[None]])

    def representation(self) -> Tensor:
        """The coefficients (count,)."""
        return self.scores
