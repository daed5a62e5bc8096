"""How far an explanation moves with its input, and how well its scores forecast a change: on captum.metrics."""

import copy

import torch
from torch import Tensor

from ...data import Sample
from ...models import Hybrid
from ..attribution import Explanation, explain, sum_by_unit
from ..perturb import Counter, perturbed_logits

RADIUS = 0.02  # of the norm of what is embedded
_MOVES, _DRAWS = 4, 32


def unit_scores(explanation: Explanation, sample: Sample) -> Tensor:
    """One score for each unit of the sample, (n,): those of pixels are added up over their patch."""
    count = len(sample.unit_names)
    if len(explanation.scores) == count:
        return explanation.scores
    return sum_by_unit(explanation.scores.view(sample.feature_mask.shape), sample.feature_mask, count)


def max_sensitivity(model: Hybrid, sample: Sample, explanation: Explanation, seed: int) -> float:
    """Largest change of the scores relative to their norm, over a few small moves of what is embedded (Yeh et al. 2019,
    section 4): words' vectors, or pixels. Methods that draw, draw the same each time.

    Args:
        seed: of the moves, random ones of `RADIUS` times the norm of what is embedded.
    """
    from captum.metrics import sensitivity_max

    embedded = model.embed(sample.inputs).detach()
    generator = torch.Generator().manual_seed(seed)

    def move(inputs: Tensor) -> Tensor:
        noise = torch.randn(inputs.shape, generator=generator)
        return inputs + RADIUS * embedded.norm() * noise / noise.flatten(1).norm(dim=1).view(
            -1, *[1] * (noise.ndim - 1)
        )

    def scores(inputs: tuple[Tensor] | Tensor) -> tuple[Tensor]:
        rows = inputs if isinstance(inputs, Tensor) else inputs[0]
        return (torch.stack([_scores_at(model, sample, explanation, row[None] - embedded, seed) for row in rows]),)

    return sensitivity_max(scores, embedded, perturb_func=move, n_perturb_samples=_MOVES).item()


def _scores_at(model: Hybrid, sample: Sample, explanation: Explanation, shift: Tensor, seed: int) -> Tensor:
    """Scores (n,) by the same method when what is embedded is shifted; the input without evidence stays where it is."""
    if not shift.any():
        return explanation.scores
    nothing = model.baseline(sample.inputs, sample.mask)
    shifted = copy.copy(model)  # shares every weight

    def embed(inputs: Tensor) -> Tensor:
        return model.embed(inputs) if torch.equal(inputs, nothing) else model.embed(inputs) + shift

    shifted.embed = embed
    return explain(shifted, sample, explanation.target, explanation.method, seed=seed).scores


def infidelity(
    model: Hybrid,
    sample: Sample,
    explanation: Explanation,
    perturbation: str,
    seed: int,
    report: Counter = lambda rows: None,
) -> float | None:
    """Squared error of the scores, scaled as fits best, as a forecast of what the logit loses when a random half of the
    units goes (Yeh et al. 2019, section 2), as a share of the error of forecasting no loss: 0 is perfect.

    Returns:
        None where nothing that goes changes the logit.
    """
    from captum.metrics import infidelity as captum_infidelity

    scores = unit_scores(explanation, sample)
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(_DRAWS, len(scores), generator=generator) < 0.5
    removed = torch.cat([torch.zeros(1, len(scores), dtype=torch.bool), drawn])
    logits = perturbed_logits(model, sample, removed, perturbation, report)[:, explanation.target]
    known = {row.numpy().tobytes(): logit for row, logit in zip(removed, logits, strict=True)}

    def logit(present: Tensor) -> Tensor:
        return torch.stack([known[row.numpy().tobytes()] for row in present == 0])

    def take_out(present: Tensor) -> tuple[Tensor, Tensor]:
        return drawn.float(), present - drawn.float()

    there = torch.ones(1, len(scores))
    error = captum_infidelity(logit, take_out, there, scores[None], n_perturb_samples=_DRAWS, normalize=True)
    losses = (logits[0] - logits[1:]).square().mean()
    return (error / losses).item() if losses > 0 else None
