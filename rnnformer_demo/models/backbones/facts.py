"""The CNNs that an image hybrid can stand on, in numbers: all that a config needs to know, without torch."""

from dataclasses import dataclass

from .stages import BACKBONE_CHANNELS, FINE_BLOCKS, FINE_CHANNELS, HEAD_CHANNELS, LITE0, MEAN, STD, STRIDE

GRIDS = ("32", "16", "both")


@dataclass(frozen=True)
class BackboneFacts:
    """A CNN without its head, in numbers.

    Every backbone reads photos that are normalised with `MEAN` and `STD`, whatever its weights were trained on, and has
    its batch norms folded into the convolutions: no running variance has to survive 16 bits.

    Attributes:
        channels: channels of the grid.
        stride: pixels of the photo for each cell of the grid.
        mean, std: normalisation of values in [0, 1].
        head_channels: channels of its own head convolution, which the readout "cnn_head" keeps; None where it has none.
        fine_blocks: number of its blocks that lead to its last grid of half the stride; None where it is no plain
            sequence of blocks, and then neither other grids nor fine-tuning are to be had.
        fine_channels: channels of that grid.
    """

    channels: int
    stride: int = STRIDE
    mean: float = MEAN
    std: float = STD
    head_channels: int | None = None
    fine_blocks: int | None = None
    fine_channels: int = 0

    def stride_of(self, grid: str) -> int:
        """Return the pixels of the photo for each cell of one of `GRIDS`."""
        return self.stride // 2 if grid == "16" else self.stride

    def channels_of(self, grid: str) -> int:
        """Return the channels of one of `GRIDS`."""
        return {"32": self.channels, "16": self.fine_channels, "both": self.channels + self.fine_channels}[grid]


FACTS: dict[str, BackboneFacts] = {
    LITE0: BackboneFacts(
        BACKBONE_CHANNELS,
        head_channels=HEAD_CHANNELS,
        fine_blocks=FINE_BLOCKS,
        fine_channels=FINE_CHANNELS,
    ),
    "mobilenet_v3_small": BackboneFacts(576),
    "mobilenet_v3_large": BackboneFacts(960),
    "mobilenet_v2": BackboneFacts(1280),
    "efficientnet_b0": BackboneFacts(1280),
    "resnet18": BackboneFacts(512),
}
