"""The CNNs that an image hybrid can stand on, by the name that a config and the command line bear."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .efficientnet import lite0_backbone
from .facts import FACTS, BackboneFacts
from .stages import LITE0, MEAN, STD

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of torchvision's weights


@dataclass(frozen=True)
class Backbone:
    """A CNN without its head.

    Attributes:
        facts: its numbers.
        build: makes the CNN, untrained, as a sequence of blocks: photos (B, 3, S, S) to a grid (B, channels,
            S / stride, S / stride).
    """

    facts: BackboneFacts
    build: Callable[[], nn.Sequential]

    def build_for(self, grid: str) -> nn.Sequential:
        """Return the backbone, untrained, with only the blocks that lead to one of `GRIDS`; their names stay."""
        blocks, fine_blocks = self.build(), self.facts.fine_blocks
        if grid == "32" or fine_blocks is None:
            return blocks
        return BothGrids(fine_blocks, *blocks) if grid == "both" else _first(blocks, fine_blocks)


def _first(blocks: nn.Sequential, count: int) -> nn.Sequential:
    return cast(nn.Sequential, blocks[:count])


class BothGrids(nn.Sequential):
    """Blocks whose last grid is joined by a finer one from on the way: its channels, averaged over two by two cells,
    follow those of the last.

    Args:
        fine_blocks: number of blocks that lead to the finer grid; with 0 it is the input.
        blocks: the blocks of the backbone.
    """

    def __init__(self, fine_blocks: int, *blocks: nn.Module) -> None:
        super().__init__(*blocks)
        self.fine_blocks = fine_blocks

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels in, 2h, 2w), or photos, to (B, channels + fine channels, h, w)."""
        fine = x
        for number, block in enumerate(self, start=1):
            x = block(x)
            fine = x if number == self.fine_blocks else fine
        return torch.cat([x, F.avg_pool2d(fine, 2)], dim=1)


def parts(backbone: nn.Sequential, upper: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the lower blocks of a backbone and the `upper` last ones, one after the other the backbone itself.

    Raises:
        ValueError: for more blocks than there are, and for fewer than lead from the finer of two grids to the other.
    """
    lower, last = [*backbone][: len(backbone) - upper], [*backbone][len(backbone) - upper :]
    fine_blocks = backbone.fine_blocks - len(lower) if isinstance(backbone, BothGrids) else 0
    if not 0 < upper < len(backbone) or fine_blocks < 0:
        least = max(1, len(backbone) - backbone.fine_blocks) if isinstance(backbone, BothGrids) else 1
        raise ValueError(f"upper must be {least} to {len(backbone) - 1} blocks of this backbone, got {upper}")
    whole = BothGrids(fine_blocks, *last) if isinstance(backbone, BothGrids) else nn.Sequential(*last)
    return nn.Sequential(*lower), whole


class Renormalise(nn.Module):
    """Renormalise photos, channel by channel, from this project's normalisation to that of torchvision's weights."""

    gain: Tensor
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        mean, std = (torch.tensor(values)[:, None, None] for values in (_IMAGENET_MEAN, _IMAGENET_STD))
        self.register_buffer("gain", STD / std, persistent=False)  # (3, 1, 1)
        self.register_buffer("shift", (MEAN - mean) / std, persistent=False)

    def forward(self, photos: Tensor) -> Tensor:
        """Map (B, 3, S, S) to the same shape."""
        return photos * self.gain + self.shift


def torchvision_backbone(name: str, weights: dict[str, Tensor] | None = None) -> nn.Sequential:
    """Return a classifier of torchvision without its head, batch norms folded.

    Args:
        name: a key of `BACKBONES` that torchvision knows.
        weights: weights of the whole classifier; None to leave it untrained.
    """
    from .torchvision_compat import torchvision  # 80 MB of modules, which no shipped model needs

    classifier = torchvision.models.get_model(name, weights=None).eval()
    if weights is not None:
        classifier.load_state_dict(weights, strict=True)
    features = getattr(classifier, "features", None)
    if features is None:  # a ResNet: pooling and linear layer are its last two children
        features = nn.Sequential(*list(classifier.children())[:-2])
    return nn.Sequential(Renormalise(), fold(features)).eval()


def fold(module: nn.Module) -> nn.Module:
    """Fold each batch norm that follows a convolution among the children of one module into it, in place."""
    previous = None
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d) and previous and isinstance(previous[1], nn.Conv2d):
            setattr(module, previous[0], fuse_conv_bn_eval(previous[1], child))
            setattr(module, name, nn.Identity())
        else:
            fold(child)
        previous = (name, child)
    return module


def _builder(name: str) -> Callable[[], nn.Sequential]:
    return lite0_backbone if name == LITE0 else lambda: torchvision_backbone(name)


BACKBONES: dict[str, Backbone] = {name: Backbone(facts, _builder(name)) for name, facts in FACTS.items()}
