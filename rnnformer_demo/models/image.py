"""The image hybrid: a pretrained CNN turns a photo into a grid of features, and the core reads the grid."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from ..nn.hooks import HookPoint
from .backbones.registry import BACKBONES, GRIDS, LITE0
from .hybrid import Hybrid, HybridConfig, HybridCore, asks_gradient
from .perturbation import Perturbation, blur_pixels, mean_pixels
from .residual_head import ResidualHeadCore

READOUTS = ("states", "cnn_head")


@dataclass(frozen=True, kw_only=True)
class ImageConfig(HybridConfig):
    """Configuration of an `ImageHybrid`."""

    image_size: int = 192  # side of the square that the network reads, in pixels; a multiple of 32
    scans: tuple[str, ...] = ("rows", "columns")  # of each cell in `recurrence`, in their order
    backbone: str = LITE0  # the CNN, a key of BACKBONES
    grid: str = "32"  # grid of the CNN that is read: cells of "32" pixels, its last; of "16"; or "both" as one
    readout: str = "states"  # pools the "states" of the blocks, or the output of the "cnn_head" that they correct

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, got {self.backbone!r}")
        stride = BACKBONES[self.backbone].stride
        if self.image_size < stride or self.image_size % stride:
            raise ValueError(f"image_size must be a multiple of {stride}, got {self.image_size}")
        if self.grid not in GRIDS:
            raise ValueError(f"grid must be one of {GRIDS}, got {self.grid!r}")
        if self.grid != "32" and BACKBONES[self.backbone].fine_blocks is None:
            raise ValueError(f"grid must be '32' for {self.backbone}, got {self.grid!r}")
        if self.readout not in READOUTS:
            raise ValueError(f"readout must be one of {READOUTS}, got {self.readout!r}")
        own_head = BACKBONES[self.backbone].head_channels is not None and self.grid == "32"
        if self.readout == "cnn_head" and (self.head_layers or not own_head):
            raise ValueError(
                f"readout must be 'states' for grid {self.grid} of {self.backbone} with head_layers "
                f"{self.head_layers}, got 'cnn_head'"
            )
        if not set(self.scans) <= {"rows", "columns"}:
            raise ValueError(f"scans must be made of 'rows' and 'columns', got {self.scans!r}")
        pairs = list(zip(self.recurrence, self.scans, strict=False))
        if len(set(pairs)) < len(pairs):
            raise ValueError(f"recurrence and scans must make each pair once, got {pairs}")
        if len(self.scans) < len(self.recurrence):
            raise ValueError(f"scans must name one scan for each of {self.recurrence}, got {self.scans}")

    @property
    def stride(self) -> int:
        """Pixels for each cell of the grid."""
        return BACKBONES[self.backbone].stride_of(self.grid)

    @property
    def channels(self) -> int:
        """Channels of the grid."""
        return BACKBONES[self.backbone].channels_of(self.grid)

    @property
    def texture_channels(self) -> int:
        """Channels of the hook point "texture", on the last grid of half the stride; 0 where the backbone has none."""
        return BACKBONES[self.backbone].fine_channels


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
            head_channels = cast(int, backbone.head_channels)  # there by the check of the config
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
