"""Logits of inputs with units removed: the one way to run a model on perturbed inputs."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..data import Sample
from ..models import Hybrid
from ..models.perturbation import Perturbation
from ..nn.hooks import run_all
from ..nn.lanes import in_groups, lanes

_STEPS_PER_PASS, _GRIDS_PER_PASS = 1024, 4  # run at once: more is slower, for caches are small

Counter = Callable[[int], None]  # takes the number of rows that have just been run


def perturbed_logits(
    model: Hybrid,
    sample: Sample,
    removed: Tensor,
    perturbation: str | Perturbation,
    report: Counter = lambda rows: None,
    rows_per_pass: int | None = None,
) -> Tensor:
    """Return the logits (R, C) of a sample without the units that are true in each row of `removed`.

    The lock is taken for each pass anew, where an engine runs the model for as many as there are cores: a long
    measurement lets other visitors in between.

    Args:
        removed: (R, n) bool, one column for each unit.
        perturbation: a key of `Hybrid.perturbations`, or a perturbation of one's own such as `to_baseline`.
        report: is called after each pass.
        rows_per_pass: see `default_rows`, which it replaces.

    Example:
        >>> each_alone = torch.eye(len(sample.unit_names), dtype=torch.bool)
        >>> perturbed_logits(model, sample, each_alone, to_baseline(model.baseline(sample.inputs, sample.mask)))
    """
    if not len(removed):  # ONNX Runtime ends the process over an empty batch
        return torch.zeros(0, len(model.config.labels))
    perturb = model.perturbations[perturbation] if isinstance(perturbation, str) else perturbation
    apply = perturb(sample.inputs, sample.mask)
    order = removed[:, sample.token_to_unit].sum(1).argsort()  # rows of like length together: little goes into padding
    logits = []
    for group in in_groups(order.split(rows_per_pass or default_rows(sample)), lanes() if model.engine else 1):
        batches = [apply(removed[rows][:, sample.feature_mask[0]]) for rows in group]
        logits += run_all(model, batches)
        report(sum(map(len, group)))
    return torch.cat(logits)[order.argsort()]


def default_rows(sample: Sample) -> int:
    """Return the number of variants of a sample that are run at once, by its layout."""
    return _GRIDS_PER_PASS if sample.layout == "grid" else max(1, _STEPS_PER_PASS // sample.mask.shape[1])
