"""The attention block: a pre-norm Transformer encoder layer."""

import math

from torch import Tensor, nn

from .dropout import LockedDropout
from .hooks import HookPoint


class SelfAttention(nn.Module):
    """Multi-head self-attention, written out so that its weights pass through a hook point."""

    def __init__(self, width: int, heads: int, dropout: float, layer: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width must be a multiple of heads, got width {width} and heads {heads}")
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.weights = HookPoint("attention", f"layer {layer}")
        self.dropout = LockedDropout(dropout)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, T, D) to (B, T, D); padding is never attended to."""
        q, k, v = self.queries_keys_values(x).unflatten(-1, (3, self.heads, -1)).unbind(2)  # (B, T, H, D/H) each
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)  # (B, H, T, D/H)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (B, H, T, T)
        weights = scores.masked_fill(~mask[:, None, None], float("-inf")).softmax(-1)
        weights = self.dropout(self.weights(weights))
        return self.out((weights @ v).transpose(1, 2).flatten(2))  # (B, T, D)


class AttentionBlock(nn.Module):
    """One pre-norm Transformer encoder layer: self-attention, then a two-layer perceptron, each with a residual."""

    def __init__(self, width: int, heads: int, expansion: int, dropout: float, layer: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, dropout, layer)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, expansion * width),
            nn.GELU(),
            LockedDropout(dropout),
            nn.Linear(expansion * width, width),
        )
        self.dropout = LockedDropout(dropout)

    def forward(self, x: Tensor, mask: Tensor, grid: tuple[int, int] | None = None) -> Tensor:
        """Map (B, T, D) to (B, T, D); attention asks for no grid."""
        x = x + self.dropout(self.attention(self.attention_norm(x), mask))
        return x + self.dropout(self.perceptron(x))
