"""What methods act on, and how scores of steps become those of words or cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .registry import sum_by_unit

if TYPE_CHECKING:
    from torch import Tensor

    from ...models import Hybrid

BASELINES = ("unknown", "zero", "mean")


def tokens_of(model: Hybrid, sample: Sample) -> Tensor:
    """What the hybrid reads: vectors of tokens, or cells of the CNN's grid (1, T, width_in)."""
    import torch

    with torch.no_grad():
        return model.tokens(model.embed(sample.inputs))


def baseline_tokens(model: Hybrid, sample: Sample, choice: str) -> Tensor:
    """Tokens without evidence, (1, T, width_in).

    Args:
        choice: "unknown" for the unknown token everywhere, or what the CNN makes of a grey photo; "zero" for vectors of
            zeros; "mean" for the mean of the input's own tokens everywhere.
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


def by_unit(steps: Tensor, sample: Sample) -> Tensor:
    """Scores of steps (T,) added up over the words or cells that they belong to: (n,)."""
    return sum_by_unit(steps, sample.token_to_unit, len(sample.unit_names))
