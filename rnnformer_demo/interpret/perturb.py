"""What a model makes of an input without some of its words or patches."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..data import Sample
from ..models import Hybrid
from ..nn.hooks import run

_STEPS_PER_PASS, _PHOTOS_PER_PASS = 1024, 4  # what is run at once: more is slower, for caches are small

Counter = Callable[[int], None]  # takes the number of rows that have just been run


def perturbed_logits(
    model: Hybrid, sample: Sample, removed: Tensor, perturbation: str, report: Counter = lambda rows: None
) -> Tensor:
    """Logits (R, C) of the sample without the units that are true in a row of `removed`, (R, n).

    The lock is taken for each pass anew: a long measurement lets other visitors in between.

    Args:
        removal: a key of `Hybrid.perturbations`.
    """
    apply = model.perturbations[perturbation](sample.inputs, sample.mask)
    order = removed[:, sample.token_to_unit].sum(1).argsort()  # rows of like length together: little goes into padding
    logits = []
    size = max(1, _STEPS_PER_PASS // sample.mask.shape[1]) if sample.grid is None else _PHOTOS_PER_PASS
    for rows in order.split(size):
        inputs, mask = apply(removed[rows][:, sample.feature_mask[0]])
        logits.append(run(model, inputs, mask))
        report(len(rows))
    return torch.cat(logits)[order.argsort()]
