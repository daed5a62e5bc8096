"""Attention internals through the layers and towards a class: from the pooled state to the states below the attention.

Attention acts on states, not on words or patches: the input of the first attention block at a step has already read the
whole input. `rollout` and `gradient_attention` therefore tell of states; `jacobian` goes on to the tokens below them.
Recurrent blocks above an attention block count as the residual around them.
"""

import torch
from torch import Tensor

from ..data import Sample
from ..models import Hybrid
from ..nn.hooks import capture, run, with_gradients
from .trace import Trace

# Mean cosine of the states with their mean; states of independent directions have 1 / sqrt(T). Of 40 sentences of SST-2
# dev sentiment-en has 0.57-0.94 (median 0.85), sentiment-en-transformer 0.34-0.74 (0.42); of 6 photos caltech101 has
# 0.68-0.84. The threshold leaves the one without recurrence below it and most sentences of the hybrid above.
HIGH_CONICITY = 0.8


def rollout(trace: Trace) -> Tensor:
    """Return the attention rollout (Abnar & Zuidema 2020): the share of each first state in each step's last one.

    The mean over heads is mixed half and half with the residual around each layer, and the layers are multiplied.

    Returns:
        (T, T), each row sums to 1; the identity where there is no attention layer.
    """
    steps = len(trace.pooling)
    identity = torch.eye(steps, dtype=trace.pooling.dtype)
    rolled = identity
    for weights in trace.attention.values():
        rolled = (0.5 * weights.mean(0) + 0.5 * identity) @ rolled
    return rolled


def pooled_rollout(trace: Trace) -> Tensor:
    """Return the pooling's weights, rolled out: the share of each first state in the decision. (T,), sums to 1."""
    return trace.pooling @ rollout(trace)


def gradient_attention(model: Hybrid, sample: Sample, target: int) -> Tensor:
    """Return gradient x attention for a class: weights times their gradient, negative ones dropped, mean over heads,
    propagated through the layers (after Chefer et al. 2021, Generic Attention-model Explainability, equations 5 and 6).

    Three things differ from the paper. The decision is pooled from all steps and not read off one, so the pooling's
    weights take the place of the class token's row. Each layer's map is normalised by rows before it is mixed half and
    half with the residual, as in `rollout`: a step has but a small share in the decision, so its gradients are small,
    and the layers would vanish beside the identity. And since the weights of a row sum to 1, what counts of their
    gradient is the distance from the row's mean: weight times that is the gradient of the score before the softmax.
    Without it what all states have in common decides, and for an unlikely class nothing is left.

    Returns:
        (T,), 0 or more, sums to 1. A row of weights whose gradients are all the same stays as it is, which for a layer
        means the residual alone and for the pooling its own weights.
    """
    with with_gradients():
        tokens = run(model.token_vectors, sample.inputs).requires_grad_()
        with capture(model) as outputs:
            logits = model.classify_tokens(tokens, sample.mask)
        layers = [outputs[point.name] for point in model.hook_points("attention")]  # (1, H, T, T) each
        (pooling,) = (outputs[point.name] for point in model.hook_points("pooling"))  # (1, T)
        slopes = torch.autograd.grad(logits[0, target], [*layers, pooling])
    *maps, raising = (
        _raising(weights.detach()[0], slope[0]) for weights, slope in zip((*layers, pooling), slopes, strict=True)
    )
    relevance = _normalised(raising, pooling.detach()[0])
    for heads in reversed(maps):
        mean = heads.mean(0)  # (T, T)
        relevance = 0.5 * relevance @ _normalised(mean, torch.eye(len(mean)).to(mean)) + 0.5 * relevance
    return relevance.cpu()


def _raising(weights: Tensor, slopes: Tensor) -> Tensor:
    """Return the positive part of the slope of the logit over each score before the softmax."""
    return (weights * (slopes - (weights * slopes).sum(-1, keepdim=True))).relu()


def to_token_attention(weights: Tensor, norms: Tensor) -> Tensor:
    """Turn weights over states, (..., T), into weights over the tokens that those states depend on, (..., T).

    Each state's weight is shared out among the tokens in proportion to its row of `TokenJacobian.norms`; sums
    are kept. For attention (H, T, T) of the first block this is the attention of each head to words or patches. The
    input of higher blocks has been mixed by the ones below; for those it shares out the part that the residual carries.

    Args:
        weights: such as a trace's attention or pooling.
        norms: (T, T), see `TokenJacobian.norms`.
    """
    return weights @ _normalised(norms, torch.eye(len(norms)))


def conicity(states: Tensor) -> float:
    """Return the mean cosine of states (T, D) with their mean: 1 where all point the same way (Sharma et al. 2018).

    Where it is high, weights over the states are no explanation, since other weights would give much the same mean
    (Mohankumar et al. 2020).
    """
    return torch.nn.functional.cosine_similarity(states, states.mean(0, keepdim=True), dim=-1).mean().item()


def conicity_notice(value: float) -> str | None:
    """Return a warning for the reader of an attention map where conicity is high, None otherwise."""
    if value <= HIGH_CONICITY:
        return None
    return (
        f"The states under the attention point much the same way (conicity {value:.2f}): which of them is attended to "
        "says little about what counted."
    )


def _normalised(weights: Tensor, otherwise: Tensor) -> Tensor:
    """Return rows that sum to 1; those of `otherwise` where a row has nothing in it."""
    sums = weights.sum(-1, keepdim=True)
    return torch.where(sums > 0, weights / sums.where(sums > 0, 1.0), otherwise)
