"""Interventions: predictions with attention or the recurrence disabled (after Jain & Wallace 2019)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data import Sample
from ..models import Hybrid
from ..nn.hooks import Change, HookPoint, give_way, locked, replace_outputs, run
from .cost import Size

_PERMUTATIONS, _FEWEST, _STEPS = 32, 8, 4096  # of a short input and of a long one; steps of all of them together
_PERMUTED = 2  # a pass with permuted weights, drawn and sorted, in passes forward
_WEIGHTS_PER_PASS = 1_000_000  # attention weights of one layer that are permuted at once
_LEAST_WEIGHT = 1e-30  # by which a step's contribution can be divided
_PLACE_BITS = 20  # of a sorted key, for where it comes from; more than any input has steps


@dataclass(frozen=True)
class InterventionLogits:
    """Logits under interventions, uncalibrated; None where a model lacks the part that is intervened on.

    Attributes:
        original: (C,) without an intervention.
        uniform_attention: (C,) every attention block attends to all real steps alike.
        permuted_attention: (n, C) in every block, head and row the weights are permuted among the real steps.
        uniform_pooling: (C,) all real steps are pooled alike.
        permuted_pooling: (n, C) the pooling's weights are permuted among the real steps.
        without_recurrence: (C,) the recurrent blocks are the identity.
    """

    original: Tensor
    uniform_attention: Tensor | None
    permuted_attention: Tensor | None
    uniform_pooling: Tensor | None
    permuted_pooling: Tensor | None
    without_recurrence: Tensor | None


def total_variation(probabilities: Tensor, reference: Tensor) -> Tensor:
    """Return the total variation distance, 0-1, of distributions (..., C) from a reference (C,)."""
    return 0.5 * (probabilities - reference).abs().sum(-1)


@torch.no_grad()
def intervene(model: Hybrid, sample: Sample, permutations: int | None = None, seed: int = 0) -> InterventionLogits:
    """Run the part of the model above its tokens under each intervention.

    Args:
        permutations: n, run as rows of a batch; by default 32, and fewer for more than 128 steps, down to 8.
        seed: seed of the permutations.

    Raises:
        ValueError: for less than one permutation.
    """
    if permutations is None:
        permutations = _default_permutations(sample.mask.shape[1])
    if permutations < 1:
        raise ValueError(f"permutations must be at least 1, got {permutations}")
    attention, blocks = model.hook_points("attention"), model.core.recurrent_blocks
    pooling = model.hook_points("pooling") if model.config.pooling == "attention" else []
    with locked():
        tokens = model.token_vectors(sample.inputs)
        run_with = _by_graph if sample.mask.all() and model.is_run_by_engine(tokens) else _by_hooks
        evidence = _evidence(model, tokens) if run_with is _by_graph and pooling else None

        def changed(points: Sequence[HookPoint] = (), **intervention: Any) -> Tensor:
            give_way()
            return run_with(model, tokens, sample.mask, _Intervention(points, **intervention)).cpu()

        def permuted(points: Sequence[HookPoint]) -> Tensor:
            draws = _Draws(sample.mask, seed)
            if points is pooling and evidence is not None:
                return evidence.pooled(draws.orders((permutations, sample.mask.shape[1])))
            steps, heads = sample.mask.shape[1], model.config.heads
            most = max(1, _WEIGHTS_PER_PASS // (heads * steps * steps))
            sizes = [min(most, permutations - done) for done in range(0, permutations, most)]
            return torch.cat([changed(points, draws=draws, rows=size) for size in sizes])

        return InterventionLogits(
            original=changed()[0],
            uniform_attention=changed(attention)[0] if attention else None,
            permuted_attention=permuted(attention) if attention else None,
            uniform_pooling=changed(pooling)[0] if pooling else None,
            permuted_pooling=permuted(pooling) if pooling else None,
            without_recurrence=changed(without_recurrence=True)[0] if blocks else None,
        )


def cost_of_interventions(size: Size) -> float:
    """Return the cost of all interventions on an input of this size."""
    return size.whole(1) + _PERMUTED * size.above(_default_permutations(size.steps) + 5)


def _default_permutations(steps: int) -> int:
    return min(_PERMUTATIONS, max(_FEWEST, _STEPS // steps))


def ablation_logits(model: Hybrid, inputs: Tensor, mask: Tensor, seed: int = 0) -> dict[str, Tensor]:
    """Run a batch with each part of a model disabled that it has.

    Args:
        inputs: as `Hybrid.token_vectors` takes them.
        mask: (B, T).
        seed: seed of the permutation, one for each weight vector.

    Returns:
        Logits (B, C): "original", and those of the interventions of `InterventionLogits` that fit the model; permuted
        pooling is left out.
    """
    attention, pooling = model.hook_points("attention"), model.hook_points("pooling")
    changes: dict[str, dict[nn.Module, Change]] = {"original": {}}
    if attention:
        changes["uniform_attention"] = dict.fromkeys(attention, _Uniform(mask))
        changes["permuted_attention"] = dict.fromkeys(attention, _Draws(mask, seed))
    if pooling and model.config.pooling == "attention":
        changes["uniform_pooling"] = dict.fromkeys(pooling, _Uniform(mask))
    if model.core.recurrent_blocks:
        changes["without_recurrence"] = dict.fromkeys(model.core.recurrent_blocks, _passed_on)
    tokens, logits = run(model.token_vectors, inputs), {}
    for name, change in changes.items():
        with replace_outputs(change):
            logits[name] = run(model.classify_tokens, tokens, mask)
    return logits


@dataclass(frozen=True)
class _Intervention:
    """An intervention on some weights.

    Attributes:
        points: the hook points of the weights: uniform, or permuted where there are draws.
        draws: the permutations.
        rows: number of permutations that are run at once.
        without_recurrence: the recurrent blocks are the identity.
    """

    points: Sequence[HookPoint]
    draws: "_Draws | None" = None
    rows: int = 1
    without_recurrence: bool = False


def _by_graph(model: Hybrid, tokens: Tensor, _mask: Tensor, intervention: _Intervention) -> Tensor:
    """Return the logits (R, C) of tokens (1, T, W) without padding under an intervention."""
    assert model.engine is not None
    draws, rows = intervention.draws, tokens.expand(intervention.rows, -1, -1)
    names = [point.name for point in intervention.points]
    if draws is None:
        return model.engine.intervened(rows, names, {}, intervention.without_recurrence)
    steps, heads = tokens.shape[1], model.config.heads
    shapes = {"attention": (len(rows), heads, steps, steps), "pooling": (len(rows), steps)}
    orders = {point.name: draws.orders(shapes[point.kind]) for point in intervention.points}
    return model.engine.intervened(rows, (), orders, intervention.without_recurrence)


@dataclass(frozen=True)
class _Evidence:
    """The logits as a sum over steps: pooling can be changed without another pass.

    Attributes:
        weights: (T,) of the pooling.
        of_steps: (T, C) logits of each step alone.
    """

    weights: Tensor
    of_steps: Tensor

    def pooled(self, orders: Tensor) -> Tensor:
        """Return the logits (R, C) with the weights from other places (R, T)."""
        return self.weights[orders] @ self.of_steps


def _evidence(model: Hybrid, tokens: Tensor) -> _Evidence | None:
    """Return the evidence in tokens (1, T, W) without padding; None where there is none, or a weight is nought."""
    assert model.engine is not None
    found = model.engine.contributions(tokens)
    if found is None or (found["pooling"] < _LEAST_WEIGHT).any():
        return None
    return _Evidence(found["pooling"][0], found["contributions"][0] / found["pooling"][0, :, None])


def _by_hooks(model: Hybrid, tokens: Tensor, mask: Tensor, intervention: _Intervention) -> Tensor:
    """Return the same by the model's modules."""
    changes: dict[nn.Module, Change] = dict.fromkeys(intervention.points, intervention.draws or _Uniform(mask))
    if intervention.without_recurrence:
        changes |= dict.fromkeys(model.core.recurrent_blocks, _passed_on)
    with replace_outputs(changes):
        return model.classify_tokens(tokens.expand(intervention.rows, -1, -1), mask.expand(intervention.rows, -1))


class _Uniform:
    """Change of weights (B, T) or (B, H, T, T) to the same for every real step, by the mask (B, T) or (1, T)."""

    def __init__(self, mask: Tensor) -> None:
        self.rows = mask / mask.sum(1, keepdim=True)

    def __call__(self, _point: nn.Module, _inputs: tuple, weights: Tensor) -> Tensor:
        return _beside(self.rows, weights).to(weights).expand_as(weights)


class _Draws:
    """Change of weights (B, T) or (B, H, T, T): each row is permuted among the real steps, by the mask (B, T) or
    (1, T)."""

    def __init__(self, mask: Tensor, seed: int) -> None:
        self.real = mask
        self.generator = torch.Generator().manual_seed(seed)

    def orders(self, shape: tuple[int, ...]) -> Tensor:
        """Draw the places from which the weights of a shape come; padding stays behind, as it was."""
        keys = torch.rand(shape, generator=self.generator)  # whole numbers of 2 ** -24, of which some are equal
        places = (keys * 2**24).long() << _PLACE_BITS | torch.arange(shape[-1])
        if not self.real.all():
            places = places.where(_beside(self.real.cpu(), keys), (2**25 << _PLACE_BITS) + torch.arange(shape[-1]))
        return torch.from_numpy(np.sort(places.numpy())) & (2**_PLACE_BITS - 1)  # in a fifth of the time of an argsort

    def __call__(self, _point: nn.Module, _inputs: tuple, weights: Tensor) -> Tensor:
        return weights.gather(-1, self.orders(tuple(weights.shape)).to(weights.device))


def _beside(rows: Tensor, weights: Tensor) -> Tensor:
    """Return rows (B, T) such that they broadcast to weights (B, ..., T)."""
    return rows.view(len(rows), *[1] * (weights.ndim - 2), -1)


def _passed_on(_block: nn.Module, inputs: tuple, _output: Tensor) -> Tensor:
    return inputs[0]
