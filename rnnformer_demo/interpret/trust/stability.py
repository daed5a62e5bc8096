"""Stability of an explanation under small shifts of its input, and its infidelity as a forecast of changes."""

import torch
from torch import Tensor

from ...data import Sample
from ...models import Hybrid
from ..attribution import Explanation, explain, sum_by_unit
from ..perturb import Counter, perturbed_logits
from .shift import ShiftedHybrid

RADIUS = 0.02  # of the norm of the embedded input
SHIFTS, _DRAWS = 4, 32
INFIDELITY_ROWS = 1 + _DRAWS


def unit_scores(explanation: Explanation, sample: Sample) -> Tensor:
    """Return one score for each unit of the sample, (n,): those of pixels are added up over their patch."""
    count = len(sample.unit_names)
    if len(explanation.scores) == count:
        return explanation.scores
    return sum_by_unit(explanation.scores.view(sample.feature_mask.shape), sample.feature_mask, count)


def max_sensitivity(model: Hybrid, sample: Sample, explanation: Explanation, seed: int) -> float:
    """Return the max-sensitivity (Yeh et al. 2019, section 4): the largest change of the scores relative to their norm
    over a few small random shifts of the embedded input (vectors of words, or pixels).

    Methods that draw, draw the same each time; the input without evidence is not shifted.

    Args:
        seed: seed of the shifts, each of `RADIUS` times the norm of the embedded input.
    """
    embedded = model.embed(sample.inputs).detach()
    noise = torch.randn(SHIFTS, *embedded.shape[1:], generator=torch.Generator().manual_seed(seed))
    moved = embedded + RADIUS * embedded.norm() * noise / _norms(noise)
    shifts = moved - embedded  # rounded as the embedded input can hold them
    scores = torch.stack([_scores_at(model, sample, explanation, shift[None], seed) for shift in shifts])
    changes = (scores - explanation.scores).flatten(1).norm(dim=1)
    return (changes.max() / (explanation.scores.norm() or 1.0)).item()


def _norms(rows: Tensor) -> Tensor:
    """Return the Frobenius norm of each row, broadcastable to them."""
    return rows.flatten(1).norm(dim=1).view(-1, *[1] * (rows.ndim - 1))


def _scores_at(model: Hybrid, sample: Sample, explanation: Explanation, shift: Tensor, seed: int) -> Tensor:
    """Return the scores (n,) by the same method when the embedded input is shifted."""
    shifted = ShiftedHybrid(model, sample, shift)
    return explain(shifted, sample, explanation.target, explanation.method, seed=seed).scores


def infidelity(
    model: Hybrid,
    sample: Sample,
    explanation: Explanation,
    perturbation: str,
    seed: int,
    report: Counter = lambda rows: None,
) -> float | None:
    """Return the normalised infidelity (Yeh et al. 2019, section 2).

    It is the squared error of the scores as a forecast of the logit's loss when a random half of the units goes, as a
    share of the error of forecasting no loss: 0 is perfect.

    The scores are scaled as fits best: the share is then 1 - cos^2 between forecasts and losses.

    Returns:
        0-1; None where no removal changes the logit.
    """
    scores = unit_scores(explanation, sample)
    halves = torch.rand(_DRAWS, len(scores), generator=torch.Generator().manual_seed(seed)) < 0.5
    removed = torch.cat([torch.zeros(1, len(scores), dtype=torch.bool), halves])
    logits = perturbed_logits(model, sample, removed, perturbation, report)[:, explanation.target].double()
    losses, forecasts = logits[0] - logits[1:], halves.double() @ scores.double()
    if not losses.any():
        return None
    return 1 - torch.cosine_similarity(forecasts, losses, dim=0).square().item()
