"""Rules of relevance propagation, one for each kind of part that a hybrid is made of.

A rule takes a part for linear at its input and returns, beside the output, the way back through it: from the gradient
of its output to that of its input. All tensors are of one input, without a batch: states are (T, D).
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...models.hybrid import HybridCore
from ...models.residual_head import ResidualHeadCore
from ...nn.attention import AttentionBlock, SelfAttention
from ...nn.dropout import LockedDropout
from ...nn.hooks import HookPoint
from ...nn.pooling import AttentionPooling, MeanPooling
from ...nn.recurrent import BidirectionalRecurrence, RecurrentBlock
from ...nn.secant import secant
from ..gates import Gates, states_before
from .recurrence import input_gradient

CP_LRP, ATTN_LRP = "cp-lrp", "attn-lrp"
ATTENTION_RULES = (CP_LRP, ATTN_LRP)

Back = Callable[[Tensor], Tensor]  # gradient of an output to that of the input
Linear = tuple[Tensor, Back]  # output and way back


@dataclass(frozen=True)
class Recording:
    """The record of one forward pass, and the choice of a rule.

    Attributes:
        outputs: outputs of all hook points by their names, with a batch of 1.
        gates: gates of each recurrence, under the name of its states.
        grid: (h, w) of the steps, None for a sequence.
        attention_rule: one of `ATTENTION_RULES`.
    """

    outputs: Mapping[str, Tensor]
    gates: Mapping[str, Gates]
    grid: tuple[int, int] | None
    attention_rule: str

    def at(self, point: HookPoint) -> Tensor:
        """Return the output of a hook point, without the batch."""
        return self.outputs[point.name][0].detach()


@singledispatch
def linearise(part: nn.Module, x: Tensor, recording: Recording) -> Linear:
    """Return the output of a part and the way back through it.

    Raises:
        TypeError: for a part without a rule.
    """
    raise TypeError(f"part must have a rule of relevance propagation, got {type(part).__name__}")


def chain(parts: Iterable[nn.Module], x: Tensor, recording: Recording) -> Linear:
    """Return the same for parts that follow each other."""
    ways: list[Back] = []
    for part in parts:
        x, back = linearise(part, x, recording)
        ways.append(back)

    def back_through_all(gradient: Tensor) -> Tensor:
        for way in reversed(ways):
            gradient = way(gradient)
        return gradient

    return x, back_through_all


@linearise.register(nn.Identity)
@linearise.register(nn.Dropout)
@linearise.register(LockedDropout)
def _unchanged(part: nn.Module, x: Tensor, recording: Recording) -> Linear:
    return x, lambda gradient: gradient


@linearise.register
def _sequence(part: nn.Sequential, x: Tensor, recording: Recording) -> Linear:
    return chain(part, x, recording)


@linearise.register
def _linear(part: nn.Linear, x: Tensor, recording: Recording) -> Linear:
    return part(x), lambda gradient: gradient @ part.weight


@linearise.register
def _gelu(part: nn.GELU, x: Tensor, recording: Recording) -> Linear:
    return element_wise(part, x)


def element_wise(function: Callable[[Tensor], Tensor], x: Tensor) -> Linear:
    """Return the output of an element-wise function with f(0) = 0, and the way back by its ratios f(x) / x."""
    slopes = secant(function, x)
    return slopes * x, lambda gradient: slopes * gradient


@linearise.register
def _norm(part: nn.LayerNorm, x: Tensor, recording: Recording) -> Linear:
    normed, _, inverse_deviation = torch.native_layer_norm(x, part.normalized_shape, part.weight, part.bias, part.eps)
    gain = inverse_deviation * part.weight  # (T, D)

    def back(gradient: Tensor) -> Tensor:
        gradient = gain * gradient
        return gradient - gradient.mean(-1, keepdim=True)  # of x less its mean

    return normed, back


@linearise.register
def _recurrent_block(part: RecurrentBlock, x: Tensor, recording: Recording) -> Linear:
    normed, back_through_norm = linearise(part.norm, x, recording)
    recurrences = cast("Iterable[BidirectionalRecurrence]", part.recurrences.values())
    states, ways = zip(*(linearise(each, normed, recording) for each in recurrences), strict=True)
    read = part.gain * part.fuse(torch.cat(states, -1))

    def back(gradient: Tensor) -> Tensor:
        of_states = ((part.gain * gradient) @ part.fuse.weight).chunk(len(ways), -1)  # (T, 2U) each
        of_normed = sum(way(of_each) for way, of_each in zip(ways, of_states, strict=True))
        return back_through_norm(of_normed) + (gradient if part.residual else 0)

    return (x + read if part.residual else read), back


@linearise.register
def _recurrence(part: BidirectionalRecurrence, x: Tensor, recording: Recording) -> Linear:
    states, gates = recording.at(part.states), recording.gates[part.states.name]
    before = states_before(states.unflatten(-1, (2, -1)), gates.order)
    linear = part.cell.linearised((part.forward_rnn, part.backward_rnn), x, before, gates.gates, gates.cells)
    return states, lambda gradient: input_gradient(linear, gates, gradient.unflatten(-1, (2, -1)))


@linearise.register
def _attention_block(part: AttentionBlock, x: Tensor, recording: Recording) -> Linear:
    read, back_through_attention = chain((part.attention_norm, part.attention), x, recording)
    x = x + read
    worked, back_through_perceptron = linearise(part.perceptron, x, recording)

    def back(gradient: Tensor) -> Tensor:
        gradient = gradient + back_through_perceptron(gradient)
        return gradient + back_through_attention(gradient)

    return x + worked, back


@linearise.register
def _attention(part: SelfAttention, x: Tensor, recording: Recording) -> Linear:
    weights = recording.at(part.weights)  # (H, T, T)
    in_weights, in_biases = part.queries_keys_values.weight.chunk(3), part.queries_keys_values.bias.chunk(3)
    values = _by_head(F.linear(x, in_weights[2], in_biases[2]), part.heads)

    def back(gradient: Tensor) -> Tensor:
        of_mixed = _by_head(gradient @ part.out.weight, part.heads)
        through_values = _side_by_side(weights.mT @ of_mixed) @ in_weights[2]
        if recording.attention_rule == CP_LRP:
            return through_values
        queries, keys = (
            _by_head(F.linear(x, weight, bias), part.heads)
            for weight, bias in zip(in_weights[:2], in_biases[:2], strict=True)
        )
        of_scores = softmax_gradient(weights, of_mixed @ values.mT) / math.sqrt(queries.shape[-1])
        through_queries = _side_by_side(of_scores @ keys) @ in_weights[0]
        through_keys = _side_by_side(of_scores.mT @ queries) @ in_weights[1]
        # A product halves what it hands down: there is one on the way to values, and another to queries and keys.
        return through_values / 2 + (through_queries + through_keys) / 4

    return part.out(_side_by_side(weights @ values)), back


def _by_head(x: Tensor, heads: int) -> Tensor:
    """Return (H, T, D/H) of (T, D)."""
    return x.unflatten(-1, (heads, -1)).transpose(0, 1)


def _side_by_side(x: Tensor) -> Tensor:
    """Return (T, D) of (H, T, D/H)."""
    return x.transpose(0, 1).flatten(1)


def softmax_gradient(weights: Tensor, gradient: Tensor) -> Tensor:
    """Return the gradient of the arguments of softmaxes over the last dimension from that of their weights."""
    return weights * (gradient - (weights * gradient).sum(-1, keepdim=True))


@linearise.register
def _mean_pooling(part: MeanPooling, x: Tensor, recording: Recording) -> Linear:
    weights = recording.at(part.weights)  # (T,)
    return weights @ x, lambda gradient: weights[:, None] * gradient


@linearise.register
def _attention_pooling(part: AttentionPooling, x: Tensor, recording: Recording) -> Linear:
    pooled, back_through_mean = _mean_pooling(part, x, recording)
    if recording.attention_rule == CP_LRP:
        return pooled, back_through_mean
    weights = recording.at(part.weights)

    def back(gradient: Tensor) -> Tensor:
        of_scores = softmax_gradient(weights, x @ gradient)  # (T,)
        return (back_through_mean(gradient) + of_scores[:, None] * part.score.weight) / 2

    return pooled, back


@linearise.register
def _core(part: HybridCore, tokens: Tensor, recording: Recording) -> Linear:
    states, back_through_blocks = _encoded(part, tokens, recording)
    logits, back_through_head = chain((part.pooling, part.head), states, recording)
    return logits, lambda gradient: back_through_blocks(back_through_head(gradient))


@linearise.register
def _residual_head(part: ResidualHeadCore, tokens: Tensor, recording: Recording) -> Linear:
    states, back_through_blocks = _encoded(part, tokens, recording)
    cells = tokens + part.up_proj(states)
    evidence, back_through_relu = element_wise(F.relu6, part.head_conv(cells))
    logits, back_through_head = chain((part.pooling, part.head), evidence, recording)

    def back(gradient: Tensor) -> Tensor:
        of_cells = back_through_relu(back_through_head(gradient)) @ part.head_conv.weight
        return of_cells + back_through_blocks(of_cells @ part.up_proj.weight)

    return logits, back


def _encoded(part: HybridCore, tokens: Tensor, recording: Recording) -> Linear:
    """Return the states after blocks and norm. Position encodings are constants that are added."""
    x = part.below_blocks(tokens[None], recording.grid)[0]
    _, back_through_projection = linearise(part.project, tokens, recording)
    states, back_through_blocks = chain((*part.blocks, part.norm), x, recording)
    return states, lambda gradient: back_through_projection(back_through_blocks(gradient))
