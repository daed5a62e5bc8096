"""Shapley values by their definition, over all coalitions, of inputs of a few units."""

import itertools
import math

import torch

from rnnformer_demo.data import Sample
from rnnformer_demo.models import Hybrid


def logit(model: Hybrid, inputs: torch.Tensor, sample: Sample, target: int) -> float:
    """The logit of a class for inputs of the sample's kind."""
    with torch.no_grad():
        return model(inputs, sample.mask)[0, target].item()


def shapley_values(model: Hybrid, sample: Sample, target: int) -> torch.Tensor:
    """The values (n,) in the logit of a class, in 2^n passes."""
    count = len(sample.unit_names)
    baseline = model.baseline(sample.inputs, sample.mask)

    def value(coalition: tuple[int, ...]) -> float:
        kept = torch.isin(sample.feature_mask, torch.tensor(coalition, dtype=torch.long))
        return logit(model, torch.where(kept, sample.inputs, baseline), sample, target)

    scores = torch.zeros(count)
    for unit in range(count):
        others = [other for other in range(count) if other != unit]
        for size in range(count):
            weight = 1 / (count * math.comb(count - 1, size))
            for coalition in itertools.combinations(others, size):
                scores[unit] += weight * (value((*coalition, unit)) - value(coalition))
    return scores
