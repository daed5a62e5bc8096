"""The image hybrid: a pretrained CNN turns a photo into a grid of features, then the core reads the grid."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..layers import Tap
from .core import Hybrid, HybridConfig, HybridCore
from .efficientnet import STRIDE, TRUNK_CHANNELS, lite0_trunk


@dataclass(frozen=True, kw_only=True)
class ImageConfig(HybridConfig):
    """Configuration of an `ImageHybrid`."""

    image_size: int = 192  # side of the square that the network reads, in pixels; a multiple of 32
    scans: tuple[str, ...] = ("rows", "columns")  # what each recurrence reads, in their order

    def __post_init__(self):
        super().__post_init__()
        if self.image_size < STRIDE or self.image_size % STRIDE:
            raise ValueError(f"image_size must be a multiple of {STRIDE}, got {self.image_size}")
        if not set(self.scans) <= {"rows", "columns"}:
            raise ValueError(f"scans must be made of 'rows' and 'columns', got {self.scans!r}")
        read = list(zip(self.recurrence, self.scans, strict=False))
        if len(set(read)) < len(read):
            raise ValueError(f"recurrence and scans must make each pair once, got {read}")
        if len(self.scans) < len(self.recurrence):
            raise ValueError(f"scans must name one scan for each of {self.recurrence}, got {self.scans}")


class ImageHybrid(Hybrid):
    """Normalised photos (B, 3, S, S) to logits (B, C)."""

    modality = "image"

    def __init__(self, config: ImageConfig):
        super().__init__()
        self.config = config
        side = config.image_size // STRIDE
        self.grid = (side, side)
        self.trunk = lite0_trunk()
        self.features = Tap("grid", "CNN grid")
        self.core = HybridCore(config, TRUNK_CHANNELS, config.scans[: len(config.recurrence)])

    def embed(self, inputs: Tensor) -> Tensor:
        """The photo itself: its pixels are what gradients flow to."""
        return inputs

    def tokens(self, embedded: Tensor) -> Tensor:
        """Photos (B, 3, S, S) to the cells of the CNN's grid, row by row (B, h*w, 320)."""
        return self.features(self.trunk(embedded)).flatten(2).transpose(1, 2)

    def baseline(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Mid-grey, which is zero after normalisation."""
        return torch.zeros_like(inputs)
