"""Poolings, which make one vector of the states of all steps."""

import torch
from torch import Tensor, nn

from .hooks import HookPoint


class MeanPooling(nn.Module):
    """Mean over the real steps."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = HookPoint("pooling", "pooling")

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Pool (B, T, D) to (B, D)."""
        return (self.step_weights(x, mask)[..., None] * x).sum(1)

    def step_weights(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the weight of each step, (B, T, D) to (B, T); they sum to 1, and padding has none."""
        weights = mask.to(x.dtype) / mask.sum(1, keepdim=True)
        # They do not depend on x, but the gradient of the logits with respect to them may be asked for.
        return self.weights(weights.requires_grad_(torch.is_grad_enabled()))


class AttentionPooling(MeanPooling):
    """Learned weighted mean over the real steps. The score layer starts at zero, so pooling starts uniform.

    Args:
        width: D.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)  # a bias would cancel in the softmax
        nn.init.zeros_(self.score.weight)

    def step_weights(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the weight of each step, (B, T, D) to (B, T); they sum to 1, and padding has none."""
        scores = self.score(x).squeeze(-1).masked_fill(~mask, float("-inf"))  # (B, T)
        return self.weights(scores.softmax(-1))
