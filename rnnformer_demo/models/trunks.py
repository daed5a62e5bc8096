"""The CNNs that an image hybrid can stand on, by the name that a config and the command line bear."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..vision import torchvision
from .efficientnet import HEAD_CHANNELS, MEAN, STD, STRIDE, TRUNK_CHANNELS, lite0_trunk

LITE0 = "efficientnet_lite0"
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of torchvision's weights


@dataclass(frozen=True)
class Trunk:
    """A CNN without its head.

    Every trunk reads photos that are normalised with `MEAN` and `STD`, whatever its weights were trained on, and has
    its batch norms folded into the convolutions: no running variance has to survive 16 bits.

    Attributes:
        build: makes it, untrained: photos (B, 3, S, S) to a grid (B, channels, S / stride, S / stride).
        channels: of the grid.
        stride: pixels of the photo for each cell of the grid.
        mean, std: normalisation of values in [0, 1].
        head_channels: of its own head convolution, which the readout "evidence" keeps; None where it has none.
    """

    build: Callable[[], nn.Module]
    channels: int
    stride: int = STRIDE
    mean: float = MEAN
    std: float = STD
    head_channels: int | None = None


class Renormalise(nn.Module):
    """From this project's normalisation of photos to that of torchvision's weights, channel by channel."""

    def __init__(self):
        super().__init__()
        mean, std = (torch.tensor(values)[:, None, None] for values in (_IMAGENET_MEAN, _IMAGENET_STD))
        self.register_buffer("gain", STD / std, persistent=False)  # (3, 1, 1)
        self.register_buffer("shift", (MEAN - mean) / std, persistent=False)

    def forward(self, photos: Tensor) -> Tensor:
        """(B, 3, S, S) to the same."""
        return photos * self.gain + self.shift


def torchvision_trunk(name: str, weights: dict[str, Tensor] | None = None) -> nn.Sequential:
    """A classifier of torchvision without its head, batch norms folded.

    Args:
        name: of a key of `TRUNKS` that torchvision knows.
        weights: of the whole classifier; None to leave it untrained.
    """
    classifier = torchvision.models.get_model(name, weights=None).eval()
    if weights is not None:
        classifier.load_state_dict(weights, strict=True)
    features = getattr(classifier, "features", None)
    if features is None:  # a ResNet: pooling and linear layer are its last two children
        features = nn.Sequential(*list(classifier.children())[:-2])
    return nn.Sequential(Renormalise(), fold(features)).eval()


def fold(module: nn.Module) -> nn.Module:
    """Folds each batch norm that follows a convolution among the children of one module into it, in place."""
    previous = None
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d) and previous and isinstance(previous[1], nn.Conv2d):
            setattr(module, previous[0], fuse_conv_bn_eval(previous[1], child))
            setattr(module, name, nn.Identity())
        else:
            fold(child)
        previous = (name, child)
    return module


def _of_torchvision(name: str, channels: int) -> Trunk:
    return Trunk(lambda: torchvision_trunk(name), channels)


TRUNKS: dict[str, Trunk] = {
    LITE0: Trunk(lite0_trunk, TRUNK_CHANNELS, head_channels=HEAD_CHANNELS),
    "mobilenet_v3_small": _of_torchvision("mobilenet_v3_small", 576),
    "mobilenet_v3_large": _of_torchvision("mobilenet_v3_large", 960),
    "mobilenet_v2": _of_torchvision("mobilenet_v2", 1280),
    "efficientnet_b0": _of_torchvision("efficientnet_b0", 1280),
    "resnet18": _of_torchvision("resnet18", 512),
}
