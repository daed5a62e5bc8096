"""The control: numbers that know nothing of the input. A method that does not beat them explains nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import Sample
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from ...models import Hybrid


@register_method(
    "random",
    "Random (control)",
    "Random numbers, one for each word or patch: they explain nothing, and are here to be beaten.",
    scale="random number",
    cost=lambda size: 0.0,
    draws=True,
)
def random(model: Hybrid, sample: Sample, target: int, report: Report, seed: int) -> Explanation:
    """Draw standard normal numbers. The same for every model, input of this length and target."""
    import torch

    scores = torch.randn(len(sample.unit_names), generator=torch.Generator().manual_seed(seed))
    report(1.0)
    return Explanation("random", target, scores, sample.grid)
