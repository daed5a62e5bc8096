"""Features that methods act on, and sums of their scores over words or cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample

if TYPE_CHECKING:
    from torch import Tensor

    from ...models import Hybrid

BASELINES = ("unknown", "zero", "mean")


def tokens_of(model: Hybrid, sample: Sample) -> Tensor:
    """Return the tokens that the hybrid reads: word vectors, or cells of the CNN's grid (1, T, width_in)."""
    from ...nn.hooks import run

    return run(model.token_vectors, sample.inputs)


def baseline_tokens(model: Hybrid, sample: Sample, choice: str) -> Tensor:
    """Return tokens without evidence, (1, T, width_in).

    Args:
        choice: "unknown" for the unknown token everywhere, or the CNN's grid of a grey photo; "zero" for vectors of
            zeros; "mean" for the mean of the input's own tokens everywhere.

    Raises:
        ValueError: for another choice.
    """
    import torch

    if choice == "unknown":
        with torch.no_grad():
            return model.tokens(model.embed(model.baseline(sample.inputs, sample.mask)))
    tokens = tokens_of(model, sample)
    if choice == "zero":
        return torch.zeros_like(tokens)
    if choice == "mean":
        real = sample.mask[..., None]
        return ((tokens * real).sum(1, keepdim=True) / real.sum()).expand_as(tokens)
    raise ValueError(f"choice must be one of {BASELINES}, got {choice!r}")


def sum_by_unit(features: Tensor, units: Tensor, count: int) -> Tensor:
    """Add attributions of features up over their units: (count,).

    Args:
        features: attributions, of any shape.
        units: index of the unit of each feature, broadcastable to `features`.
        count: number of units.
    """
    import torch

    units = units.expand_as(features).flatten()
    return torch.zeros(count).index_add_(0, units, features.detach().float().flatten())


def by_unit(steps: Tensor, sample: Sample) -> Tensor:
    """Add scores of steps (T,) up over the words or cells that they belong to: (n,)."""
    return sum_by_unit(steps, sample.token_to_unit, len(sample.unit_names))
