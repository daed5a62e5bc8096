"""Agreement with other methods: rank correlation of the scores."""

import torch
from torch import Tensor

from ...data import Sample
from ...models import Hybrid
from ..attribution import Explanation, Method, explain, methods_for
from .faithfulness import MAX_LEAVE_ONE_OUT
from .stability import unit_scores

# The methods that an explanation is compared with: each looks at the model in another way, and none takes long.
OTHERS = (
    "integrated-gradients",
    "direct-logit-attribution",
    "occlusion",
    "gradient-x-input",
    "grad-cam",
    "attention-rollout",
)


def rank_correlation(a: Tensor, b: Tensor) -> float | None:
    """Return Spearman's rank correlation, -1 to 1, of two (n,); equal values share the mean of their ranks.

    None where either is constant.
    """
    if (a == a[0]).all() or (b == b[0]).all():
        return None
    return torch.corrcoef(torch.stack([_ranks(a), _ranks(b)]))[0, 1].item()


def _ranks(values: Tensor) -> Tensor:
    _, ranks, counts = values.unique(return_inverse=True, return_counts=True)
    ends = counts.cumsum(0).float()
    return (ends - (counts - 1) / 2)[ranks]


def takes_seconds(method: Method, layout: str, units: int) -> bool:
    """Return True where the method takes seconds: on a grid, or on many words, each a run of the whole model."""
    return method.slow_on_grid and (layout == "grid" or units > MAX_LEAVE_ONE_OUT)


def others(layout: str, units: int, method: str) -> tuple[list[str], list[str]]:
    """Return the methods that another one is compared with on an input, and those that would take seconds on it."""
    fitting = {each.name: each for each in methods_for(layout) if each.name != method}
    slow = [name for name in OTHERS if name in fitting and takes_seconds(fitting[name], layout, units)]
    return [name for name in OTHERS if name in fitting and name not in slow], slow


def agreement(model: Hybrid, sample: Sample, explanation: Explanation, seed: int) -> dict[str, float]:
    """Return the rank correlation of an explanation with each other method that fits the input and takes no seconds.

    A method whose scores are all equal has no ranks and is left out.
    """
    scores = unit_scores(explanation, sample)
    correlations = {}
    for name in others(sample.layout, len(sample.unit_names), explanation.method)[0]:
        other = explain(model, sample, explanation.target, name, seed=seed)
        correlations[name] = rank_correlation(scores, unit_scores(other, sample))
    return {name: correlation for name, correlation in correlations.items() if correlation is not None}
