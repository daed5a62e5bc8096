"""EfficientNet-Lite0 (Tan & Le 2019, the variant without squeeze-and-excitation and with ReLU6).

It is written in torch alone, for torchvision's building blocks would bring 80 MB of modules to a server's memory. The
batch norms are folded into the convolutions when the published weights are converted: on two cores the network then
runs more than twice as fast, and no running variance has to survive 16 bits.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.hooks import HookPoint
from .stages import BACKBONE_CHANNELS, FINE_BLOCKS, HEAD_CHANNELS, STAGES, STEM


class SamePad2d(nn.Module):
    """TensorFlow's "same" padding: an odd remainder goes to the right and to the bottom."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """Pad (B, D, height, width) with zeros."""
        height, width = (max((-(-n // self.stride) - 1) * self.stride + self.kernel - n, 0) for n in x.shape[-2:])
        return F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))


def _convolution(
    width_in: int, width_out: int, kernel: int = 1, stride: int = 1, groups: int = 1, activation: bool = True
) -> nn.Sequential:
    """Return a "same"-padded convolution and ReLU6. Symmetric padding is left to the convolution itself."""
    padding = kernel // 2 if stride == 1 else 0
    layers: list[nn.Module] = [nn.Conv2d(width_in, width_out, kernel, stride, padding, groups=groups)]
    if activation:
        layers.append(nn.ReLU6(inplace=True))
    convolution = nn.Sequential(*layers)
    return convolution if stride == 1 else nn.Sequential(SamePad2d(kernel, stride), convolution)


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution, linear projection; a residual where the shape stays."""

    def __init__(self, width_in: int, width_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = width_in * expansion
        self.residual = stride == 1 and width_in == width_out
        self.body = nn.Sequential(
            *([_convolution(width_in, hidden)] if expansion != 1 else []),
            _convolution(hidden, hidden, kernel, stride, groups=hidden),
            _convolution(hidden, width_out, activation=False),
        )
        self.out = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, D, height, width) to the next feature map."""
        return self.out(x + self.body(x) if self.residual else self.body(x))


def lite0_backbone() -> nn.Sequential:
    """Return the backbone, untrained: photos (B, 3, 32h, 32w) to a grid of features (B, 320, h, w).

    A hook point is on the last grid of half the stride.
    """
    layers: list[nn.Module] = [_convolution(3, STEM, 3, stride=2)]
    width = STEM
    for blocks, kernel, stride, expansion, width_out in STAGES:
        for block in range(blocks):
            layers.append(InvertedResidual(width, width_out, kernel, stride if block == 0 else 1, expansion))
            width = width_out
    layers[FINE_BLOCKS - 1].out = HookPoint("texture", "texture")
    return nn.Sequential(*layers)


class EfficientNetLite0(nn.Module):
    """The whole ImageNet classifier; the hybrids use its `backbone`."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.backbone = lite0_backbone()
        self.head = _convolution(BACKBONE_CHANNELS, HEAD_CHANNELS)
        self.classifier = nn.Linear(HEAD_CHANNELS, classes)

    def forward(self, photos: Tensor) -> Tensor:
        """Map photos (B, 3, height, width), normalised with MEAN and STD, to logits (B, classes)."""
        return self.classifier(self.head(self.backbone(photos)).mean((-2, -1)))
