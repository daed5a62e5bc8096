"""A core that corrects a pretrained CNN instead of replacing its head."""

import torch.nn.functional as F
from torch import Tensor, nn

from .config import HybridConfig
from .hybrid import HybridCore


class ResidualHeadCore(HybridCore):
    """Recurrence and attention as a residual between a CNN's grid and the CNN's own head.

    The output of the blocks is projected back to the width of the grid's cells and added to them. Each cell then goes
    through the CNN's head convolution and ReLU6, cells are pooled by attention, and the CNN's own linear classifier
    follows. The projection back and the scores of the pooling start at zero: with the CNN's head and classifier loaded
    the network starts as the CNN itself, which pools by the mean, and learns from there. Nothing but the pooling stands
    between the evidence of a cell and the logits, which are therefore a weighted sum over cells.

    Args:
        config: the pattern; its head has no hidden layers.
        width_in: channels of the grid.
        scans: one scan for each recurrence.
        width_pooled: channels of the head convolution.
    """

    def __init__(self, config: HybridConfig, width_in: int, scans: tuple[str, ...], width_pooled: int) -> None:
        super().__init__(config, width_in, scans, width_pooled)
        self.up_proj = nn.Linear(config.width, width_in)
        self.head_conv = nn.Linear(width_in, width_pooled)  # a convolution of one cell
        nn.init.zeros_(self.up_proj.weight)
        nn.init.zeros_(self.up_proj.bias)

    def token_features(self, tokens: Tensor, mask: Tensor, grid: tuple[int, int] | None = None) -> Tensor:
        """Return the evidence of each cell, (B, T, width_in) to (B, T, width_pooled), 0-6."""
        correction = self.up_proj(self.norm(self.encode(tokens, mask, grid)))
        return F.relu6(self.head_conv(tokens + correction))

    def load_head(self, convolution: nn.Conv2d, classifier: nn.Linear) -> None:
        """Take over the head of the CNN that the grid comes from: a 1 x 1 convolution and a linear classifier."""
        self.head_conv.load_state_dict(
            {"weight": convolution.weight.flatten(1), "bias": convolution.bias}, strict=True
        )  # (width_pooled, width_in, 1, 1) to a matrix
        self.head[-1].load_state_dict(classifier.state_dict(), strict=True)
