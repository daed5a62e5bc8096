"""Small networks over vectors, (B, T, D) to (B, T, D), of equal numbers of weights, for timing and gradients."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....nn.attention import AttentionBlock, SelfAttention

WIDTH, HEADS, EXPANSION = 64, 4, 2
TANH, LSTM, GRU, MIN_GRU = "tanh RNN", "LSTM", "GRU", "minGRU"
ATTENTION, FUSED, HYBRID = "Transformer, written out", "Transformer, fused attention", "hybrid"
RECURRENCES = (TANH, LSTM, GRU, MIN_GRU)
NETWORKS = (*RECURRENCES, ATTENTION, FUSED, HYBRID)


class MinGRU(nn.Module):
    """The minGRU (Feng et al. 2024, 2410.01201): gates that read the input alone, so that all steps are one scan.

    The scan runs in logarithms (Heinsen 2023, 2311.06281), where long products of gates do not underflow.
    """

    def __init__(self, width: int, units: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, units)
        self.candidate = nn.Linear(width, units)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """Map (B, T, D) to a tuple whose first entry is the hidden states (B, T, U), as `nn.GRU` does."""
        gate, candidate = self.gate(x), self.candidate(x)
        kept = -F.softplus(gate)  # log of 1 - z
        written = -F.softplus(-gate) + torch.where(
            candidate >= 0, (F.relu(candidate) + 0.5).log(), -F.softplus(-candidate)
        )  # log of z g(h~)
        product = kept.cumsum(1)
        return ((product + (written - product).logcumsumexp(1)).exp(),)


class RecurrentLayer(nn.Module):
    """A recurrence in one direction between a norm and a projection, with a residual around them."""

    def __init__(self, kind: str, width: int, units: int) -> None:
        super().__init__()
        self.norm: nn.Module = nn.LayerNorm(width)
        self.rnn: Any = _recurrence(kind, width, units)
        self.out = nn.Linear(units, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, D) to the same shape."""
        return x + self.out(self.rnn(self.norm(x))[0])


class AttentionLayer(nn.Module):
    """The attention block of `nn/`, without padding.

    Args:
        fused: attend by PyTorch's fused kernel, which never holds all weights, instead of written out.
    """

    def __init__(self, width: int, fused: bool = False) -> None:
        super().__init__()
        self.block = AttentionBlock(width, HEADS, EXPANSION, 0.0, 1)
        if fused:
            self.block.attention = FusedAttention(width, HEADS, 0.0, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, D) to the same shape."""
        return self.block(x, all_real(x))


class FusedAttention(SelfAttention):
    """The same attention by `scaled_dot_product_attention`, for inputs without padding."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, T, D) to the same shape; the mask is not read."""
        q, k, v = self.queries_keys_values(x).unflatten(-1, (3, self.heads, -1)).transpose(1, 3).unbind(2)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class HybridLayer(nn.Module):
    """An LSTM below attention, each with half of the weights; attention without a perceptron."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, HEADS, 0.0, 1)
        half = weights_of(AttentionLayer(width)) - weights_of(self.norm) - weights_of(self.attention)
        self.recurrent = RecurrentLayer(LSTM, width, units_for(LSTM, width, half))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, D) to the same shape."""
        x = self.recurrent(x)
        return x + self.attention(self.norm(x), all_real(x))


def all_real(x: Tensor) -> Tensor:
    """Return the mask (B, T) of inputs without padding."""
    return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)


def weights_of(module: nn.Module) -> int:
    """Return the number of weights."""
    return sum(parameter.numel() for parameter in module.parameters())


def units_for(kind: str, width: int, weights: int) -> int:
    """Return the units with which a recurrent layer comes nearest to a number of weights."""

    def missed(units: int) -> int:
        with torch.device("meta"):
            return abs(weights_of(RecurrentLayer(kind, width, units)) - weights)

    units = 1
    while missed(units + 1) < missed(units):
        units += 1
    return units


def network(kind: str, width: int = WIDTH) -> nn.Module:
    """Return a network of one layer with as many weights as an attention block.

    Raises:
        ValueError: for a kind that is none of `NETWORKS`.
    """
    if kind not in NETWORKS:
        raise ValueError(f"kind must be one of {NETWORKS}, got {kind!r}")
    if kind in RECURRENCES:
        return RecurrentLayer(kind, width, units_for(kind, width, weights_of(AttentionLayer(width))))
    return HybridLayer(width) if kind == HYBRID else AttentionLayer(width, fused=kind == FUSED)


def _recurrence(kind: str, width: int, units: int) -> nn.Module:
    if kind == MIN_GRU:
        return MinGRU(width, units)
    makers: dict[str, Callable[..., nn.Module]] = {TANH: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU}
    return makers[kind](width, units, batch_first=True)
