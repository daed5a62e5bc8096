"""Shapes of the models that are trained, as flags; `tasks/shape.py` turns them into configs of the models."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HybridOptions:
    """Shape of the hybrid."""

    width: int = 128  # D, width of every block
    recurrence: tuple[str, ...] = ("lstm", "gru")  # recurrent cells side by side; none: no recurrence
    blocks: tuple[str, ...] = ("recurrent", "attention", "attention")  # pattern of blocks, from the input on
    units: int = 96  # U, hidden units of one direction of one recurrence
    heads: int = 4  # attention heads
    positions: bool = False  # add a sinusoidal position encoding
    dropout: float = 0.2  # 0 to below 1


@dataclass(frozen=True, kw_only=True)
class TextModelOptions(HybridOptions):
    """Shape of the text hybrid."""

    head_layers: tuple[int, ...] = ()  # hidden widths of the fully connected head
    vocabulary: int = 12_000  # entries of the vocabulary
    embedding: int = 128  # width of a token's vector
    max_tokens: int = 256  # longer texts are cut
    word_dropout: float = 0.05  # share of tokens that training replaces by [UNK]


@dataclass(frozen=True, kw_only=True)
class DistillModelOptions(HybridOptions):
    """Shape of the image hybrid on EfficientNet-Lite0."""

    image_size: int = 192  # side of the square that is read, in pixels; a multiple of 32


@dataclass(frozen=True, kw_only=True)
class ImageModelOptions(DistillModelOptions):
    """Shape of the image hybrid."""

    head_layers: tuple[int, ...] = ()  # hidden widths of the fully connected head
    backbone: str = "efficientnet_lite0"  # the CNN; or by torchvision's name, such as mobilenet_v3_small
    grid: str = "32"  # feature grid that is read: cells of 32 pixels (the CNN's last grid), of 16, or both
