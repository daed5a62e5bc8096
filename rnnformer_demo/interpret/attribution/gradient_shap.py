"""Gradient SHAP (Lundberg & Lee 2017; Erion et al. 2021): integrated gradients averaged over drawn baselines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...data import Sample
from .features import BASELINES, baseline_tokens, by_unit, tokens_of
from .progress import Report, counted
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid

_SAMPLES = 64
_NOISE = 0.1  # of the tokens' standard deviation


@register_method(
    "gradient-shap",
    "Gradient SHAP",
    "The gradient at random points between this input, with a little noise, and three inputs without evidence (unknown "
    "tokens or grey, zeros, the input's mean), over words or cells of the CNN's grid.",
    scale="share of the logit",
    cost=lambda size: size.gradients(_SAMPLES),
    draws=True,
)
def gradient_shap(model: Hybrid, sample: Sample, target: int, report: Report, seed: int) -> Explanation:
    """Run one batch forward and backward above the tokens."""
    import torch
    from captum.attr import GradientShap

    tokens = tokens_of(model, sample)
    forward = counted(lambda rows: model.classify_tokens(rows, sample.mask.expand(len(rows), -1)), _SAMPLES, report)
    with _seeded(seed):
        scores = GradientShap(forward).attribute(
            tokens,
            torch.cat([baseline_tokens(model, sample, choice) for choice in BASELINES]),
            n_samples=_SAMPLES,
            stdevs=_NOISE * tokens[sample.mask].std().item(),
            target=target,
        )
    report(1.0)
    return Explanation("gradient-shap", target, by_unit(scores.sum(-1)[0], sample), sample.grid)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed both global generators, of which Captum draws, and put them back afterwards."""
    import numpy as np
    import torch

    state = np.random.get_state()  # noqa: NPY002  (Captum draws from the legacy generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
