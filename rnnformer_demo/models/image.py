"""The image hybrid: a pretrained CNN turns a photo into a grid of features, and the core reads the grid."""

from typing import cast

import torch
from torch import Tensor, nn

from ..nn.hooks import HookPoint
from .backbones.registry import BACKBONES
from .config import ImageConfig
from .hybrid import Hybrid, HybridCore, asks_gradient
from .perturbation import Perturbation, blur_pixels, mean_pixels
from .residual_head import ResidualHeadCore


class ImageHybrid(Hybrid):
    """Normalised photos (B, 3, S, S) to logits (B, C)."""

    modality = "image"
    config: ImageConfig

    def __init__(self, config: ImageConfig) -> None:
        super().__init__()
        self.config = config
        backbone = BACKBONES[config.backbone]
        side = config.image_size // config.stride
        self.grid = (side, side)
        self.backbone = backbone.build_for(config.grid)
        self.features = HookPoint("grid", "CNN grid")
        scans = config.scans[: len(config.recurrence)]
        if config.readout == "cnn_head":
            head_channels = cast(int, backbone.facts.head_channels)  # there by the check of the config
            self.core = ResidualHeadCore(config, config.channels, scans, head_channels)
        else:
            self.core = HybridCore(config, config.channels, scans)

    def embed(self, inputs: Tensor) -> Tensor:
        """Return the photo itself: gradients flow to its pixels."""
        return inputs

    def tokens(self, embedded: Tensor) -> Tensor:
        """Map photos (B, 3, S, S) to the cells of the CNN's grid, row by row (B, h*w, channels)."""
        if self.engine is not None and self.is_run_by_engine(embedded) and not asks_gradient(embedded):
            return self.engine.tokens(embedded)
        return self.cells(self.backbone, embedded)

    def cells(self, backbone: nn.Module, x: Tensor) -> Tensor:
        """Return the same from a backbone, or from its last blocks and their input (B, channels in, height, width)."""
        # Channels last in memory: convolutions on a CPU then take two thirds of the time.
        grid = backbone(x.contiguous(memory_format=torch.channels_last))
        return self.features(grid).flatten(2).transpose(1, 2)

    def baseline(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Return mid-grey, which is zero after normalisation."""
        return torch.zeros_like(inputs)

    @property
    def perturbations(self) -> dict[str, Perturbation]:
        """The ways to remove patches: blur, or paint in the photo's mean colour."""
        return {"blur": blur_pixels, "mean": mean_pixels}

    @property
    def eight_bit_weights(self) -> tuple[str, ...]:
        """The classifier of the CNN, which has a row of 1,280 weights for each of its classes."""
        return ("core.head.1.weight",) if self.config.readout == "cnn_head" else ()
