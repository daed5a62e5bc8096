"""Attention traced to what it rests on: through the layers, towards a class, and through the recurrence below it.

Attention acts on states, not on words or patches: what enters the first Transformer layer at a step has already read
the whole input. `rollout` and `gradient_attention` therefore tell of states;
`attention_through_recurrence` goes on to the tokens that the hybrid reads, through the Jacobian of the recurrence.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..data import Sample
from ..models import Hybrid
from ..nn.hooks import capture, locked, run, with_gradients
from .trace import Trace, record

PROBES = 4  # random vectors for each token, see `token_jacobian_norms`
DIFFERENCE = 0.01  # how far a token is moved, in standard deviations
_TOKENS_PER_PASS = 16_384  # rows times steps that are run at once

# Mean cosine of the states with their mean; states of independent directions have 1 / sqrt(T). Of 40 sentences of SST-2
# dev sentiment-en has 0.57-0.94 (median 0.85), sentiment-en-transformer 0.34-0.74 (0.42); of 6 photos caltech101 has
# 0.68-0.84. The threshold leaves the one without recurrence below it and most sentences of the hybrid above.
HIGH_CONICITY = 0.8


def rollout(trace: Trace) -> Tensor:
    """Attention rollout (Abnar & Zuidema 2020): how much of each step's last state comes from each first one.

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
    """The share of each step's first state in the decision: the pooling's weights, rolled out. (T,), sums to 1."""
    return trace.pooling @ rollout(trace)


def gradient_attention(model: Hybrid, sample: Sample, target: int) -> Tensor:
    """Attention that raises a class: weights times their gradient, negative ones dropped, mean over heads, propagated
    through the layers (after Chefer et al. 2021, Generic Attention-model Explainability, equations 5 and 6).

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
        tokens = _tokens(model, sample).requires_grad_()
        with capture(model) as seen:
            logits = model.classify_tokens(tokens, sample.mask)
        layers = [seen[tap.name] for tap in model.hook_points("attention")]  # (1, H, T, T) each
        (pooling,) = (seen[tap.name] for tap in model.hook_points("pooling"))  # (1, T)
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
    """What of each weight raises the logit: the positive part of the slope over the score before the softmax."""
    return (weights * (slopes - (weights * slopes).sum(-1, keepdim=True))).relu()


def states_below_attention(model: Hybrid, tokens: Tensor, mask: Tensor) -> Tensor:
    """Input of the first attention block, or of the pooling where there is none: (B, T, D).

    Only that part of the network is run.

    Args:
        tokens: what the hybrid reads, (B, T, width_in), see `Hybrid.tokens`.
        mask: (B, T).
    """
    with locked():
        return model.core.states_below_attention(tokens, mask, model.grid)


@torch.no_grad()
def token_jacobian_norms(
    model: Hybrid,
    sample: Sample,
    probes: int | None = None,
    seed: int = 0,
    report: Callable[[float], None] = lambda share: None,
) -> Tensor:
    """How much what the attention reads at each step depends on each token: |d x_t / d e_s|, Frobenius norms.

    For a random vector u of signs, E |J u|^2 = |J|_F^2 (Hutchinson 1990): each row of a batch moves one token by a
    hundredth of the tokens' standard deviation times u, and what the attention reads moves by J u at all steps at once.
    Taken as a difference it needs no backward pass and is right to about 1 % (measured: 2.5 times as fast as the
    transposed products by autograd, to the same norms).

    Args:
        probes: random vectors for each token, the error falls with the root of their number; by default 4, which leaves
            about 20 % to a norm and 5-15 % to a share of `attention_through_recurrence`, and fewer for more
            than 128 steps.
        seed: of those vectors.
        report: is called with the share done, 0-1.

    Returns:
        (T, T), 0 or more: row t is the step that is read, column s the token that it depends on.
    """
    tokens = _tokens(model, sample)
    count = tokens.shape[1]
    probes = max(1, min(PROBES, PROBES * 128 // count)) if probes is None else probes
    if probes < 1:
        raise ValueError(f"probes must be at least 1, got {probes}")
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, (probes * count, tokens.shape[2]), generator=generator).to(tokens) * 2 - 1
    size = DIFFERENCE * tokens[sample.mask].std()
    squares, done = tokens.new_zeros(count, count), 0
    rows = max(1, _TOKENS_PER_PASS // count)
    for moved, probe in zip(torch.arange(count).repeat(probes).split(rows), signs.split(rows), strict=True):
        batch = tokens.repeat(len(moved) + 1, 1, 1)
        batch[torch.arange(len(moved)), moved] += size * probe
        states = states_below_attention(model, batch, sample.mask.expand(len(batch), -1))  # the last row is as it was
        changes = (states[:-1] - states[-1]) / size  # (R, T, D)
        squares.index_add_(1, moved.to(squares.device), changes.square().sum(-1).T)
        done += len(moved)
        report(done / len(signs))
    return (squares / probes).sqrt().cpu()


def to_token_attention(weights: Tensor, norms: Tensor) -> Tensor:
    """Weights over states, (..., T), as weights over the tokens that those states depend on, (..., T).

    Each state's weight is shared out among the tokens in proportion to its row of `token_jacobian_norms`; sums
    are kept. For attention (H, T, T) of the first layer this is the attention of each head to words or patches. What
    higher layers read has been mixed by the ones below; for those it shares out the part that the residual carries.

    Args:
        weights: such as a trace's attention or pooling.
        norms: (T, T), see `token_jacobian_norms`.
    """
    return weights @ _normalised(norms, torch.eye(len(norms)))


def attention_through_recurrence(
    model: Hybrid,
    sample: Sample,
    probes: int | None = None,
    seed: int = 0,
    report: Callable[[float], None] = lambda share: None,
) -> Tensor:
    """The decision's attention, rolled out and shared out among the tokens that the attended states depend on.

    Arguments as for `token_jacobian_norms`.

    Returns:
        (T,), 0 or more, sums to 1.
    """
    norms = token_jacobian_norms(model, sample, probes, seed, report)
    return to_token_attention(pooled_rollout(record(model, sample)), norms)


def conicity(states: Tensor) -> float:
    """Mean cosine of the states (T, D) with their mean vector: 1 where all point the same way (Sharma et al. 2018).

    Where it is high, weights over the states are no explanation, since other weights would give much the same mean
    (Mohankumar et al. 2020).
    """
    return torch.nn.functional.cosine_similarity(states, states.mean(0, keepdim=True), dim=-1).mean().item()


@torch.no_grad()
def conicity_below_attention(model: Hybrid, sample: Sample) -> float:
    """Conicity of what enters the first Transformer layer, -1 to 1, over the real steps."""
    states = states_below_attention(model, _tokens(model, sample), sample.mask)
    return conicity(states[sample.mask])


def conicity_notice(value: float) -> str | None:
    """A warning for the reader of an attention map where conicity is high, None otherwise."""
    if value <= HIGH_CONICITY:
        return None
    return (
        f"The states under the attention point much the same way (conicity {value:.2f}): which of them is attended to "
        "says little about what counted."
    )


def _tokens(model: Hybrid, sample: Sample) -> Tensor:
    return run(lambda inputs: model.tokens(model.embed(inputs)), sample.inputs)


def _normalised(weights: Tensor, otherwise: Tensor) -> Tensor:
    """Rows that sum to 1; those of `otherwise` where a row has nothing in it."""
    sums = weights.sum(-1, keepdim=True)
    return torch.where(sums > 0, weights / sums.where(sums > 0, 1.0), otherwise)
