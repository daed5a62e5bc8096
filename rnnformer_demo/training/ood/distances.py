"""Fitting of detectors to training inputs alone."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ...confidence.ood import MahalanobisDetector, Thresholds
from ...data import InputError
from .measuring import Measured

UNSET = Thresholds.constant(1.0)  # of a detector whose thresholds are not set yet

# Towards independent coordinates (Ledoit & Wolf 2004 in its simplest form). On the selection sets anything from 0.003
# to 0.3 does as well; at 0.1 the whitening is conditioned well enough for 16 bits.
_SHRINKAGE = 0.1
_EXAMPLES = 1000  # among which the nearest neighbour is sought: a quarter of a megabyte in a checkpoint
_LEAST_MEMBERS = 10  # inputs of a class, to fit its centre
_LEAST_BETWEEN = 1e-3  # of the variance of one step: what shows from 1,000 steps on


def fit(feature: str, measured: Measured, classes: Tensor) -> MahalanobisDetector:
    """Fit the two-covariance model by moments, each input weighing as much as it has steps.

    Where every input is a single step, all variance counts as that of a step. Its threshold is left at 1.

    Args:
        feature: a key of `FEATURES`.
        measured: N training inputs.
        classes: (N,) which the model names.

    Raises:
        InputError: where the inputs are too few or too much alike.
    """
    alike = f"The training inputs are too few or too much alike ({len(measured.steps)}): give more of them."
    means, steps = measured.means.double(), measured.steps.double()
    members = F.one_hot(_groups(classes)).double() * steps[:, None]  # (N, K)
    centres = members.T @ means / members.sum(0)[:, None]
    deviations = means - centres[members.argmax(1)]
    total = deviations.T @ (steps[:, None] * deviations) / steps.sum()
    freedom = (steps - 1).sum()
    within = measured.scatter / freedom if freedom else total
    scale = within.diagonal().sqrt()
    within, between = (part / scale / scale[:, None] for part in (within, total - within * len(steps) / steps.sum()))
    within = within.lerp(torch.eye(len(within), dtype=within.dtype), _SHRINKAGE)
    if not within.isfinite().all():
        raise InputError(alike)
    to_steps = torch.linalg.inv(torch.linalg.cholesky(within))
    variances, axes = torch.linalg.eigh(to_steps @ between @ to_steps.T)
    parts = {"centres": centres, "whitening": axes.T @ to_steps / scale, "between": variances.clamp(min=_LEAST_BETWEEN)}
    stored = {name: part.half().float() for name, part in parts.items()}  # the threshold is set on what is stored
    if not stored["whitening"].isfinite().all():
        raise InputError(alike)
    return MahalanobisDetector(feature=feature, threshold=UNSET, **stored)


def examples_of(pooled: Tensor) -> Tensor:
    """Return at most `_EXAMPLES` of N inputs as a checkpoint stores them, evenly from the shortest to the longest.

    Texts are measured in that order.
    """
    chosen = torch.linspace(0, len(pooled) - 1, min(_EXAMPLES, len(pooled))).round().long()
    return pooled[chosen].half().float()


def _groups(classes: Tensor) -> Tensor:
    """Return classes (N,) numbered from 0; those named too seldom to have a centre of their own share one."""
    _, number, count = classes.unique(return_inverse=True, return_counts=True)
    seldom = (count < _LEAST_MEMBERS)[number]
    return torch.where(seldom, len(count), number).unique(return_inverse=True)[1]
