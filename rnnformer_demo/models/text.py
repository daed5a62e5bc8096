"""The text hybrid: token embedding, then the core."""

import torch
from torch import Tensor, nn

from ..data.text import PAD, UNKNOWN
from .config import TextConfig
from .hybrid import Hybrid, HybridCore
from .perturbation import Perturbation, blank_tokens, delete_tokens


class TextHybrid(Hybrid):
    """Token ids (B, T) to logits (B, C)."""

    modality = "text"
    config: TextConfig

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.embedding, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.embedding.weight.data[PAD] = 0.0
        self.core = HybridCore(config, config.embedding, ("tokens",) * len(config.recurrence))

    def embed(self, inputs: Tensor) -> Tensor:
        """Map ids (B, T) to vectors (B, T, embedding)."""
        if self.training and self.config.word_dropout:
            dropped = torch.rand(inputs.shape, device=inputs.device) < self.config.word_dropout
            inputs = inputs.masked_fill(dropped & (inputs != PAD), UNKNOWN)
        return self.embedding(inputs)

    def tokens(self, embedded: Tensor) -> Tensor:
        """Return the vectors themselves."""
        return embedded

    def baseline(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Return the unknown token at every real step; padding stays padding."""
        return torch.full_like(inputs, UNKNOWN).masked_fill(~mask, PAD)

    @property
    def perturbations(self) -> dict[str, Perturbation]:
        """The ways to remove words: blank or delete."""
        return {"unknown": blank_tokens, "deletion": delete_tokens}

    @property
    def eight_bit_weights(self) -> tuple[str, ...]:
        """The embedding, three quarters of a model's weights."""
        return ("embedding.weight",)
