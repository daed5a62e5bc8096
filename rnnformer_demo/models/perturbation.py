"""Ways to remove words or patches from an input, for measures of faithfulness, what-if questions and occlusion.

A perturbation takes inputs with a batch of 1 and their mask (1, T), and returns a function that takes the removed
features: a boolean for each, (R, T) for ids or (R, 1, S, S) for pixels, one row for each variant. That one returns
inputs and mask of R rows. So a part that all variants share, such as a blurred photo, is computed once.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data.text import PAD, UNKNOWN

Apply = Callable[[Tensor], tuple[Tensor, Tensor]]
Perturbation = Callable[[Tensor, Tensor], Apply]


def blank_tokens(ids: Tensor, mask: Tensor) -> Apply:
    """Replace removed tokens by [UNK]."""
    return lambda removed: (
        ids.expand(len(removed), -1).masked_fill(removed & mask, UNKNOWN),
        mask.expand(len(removed), -1),
    )


def delete_tokens(ids: Tensor, mask: Tensor) -> Apply:
    """Delete removed tokens: the others close up. Where nothing is left, one [UNK] is: no model reads an empty text."""

    def apply(removed: Tensor) -> tuple[Tensor, Tensor]:
        kept = mask & ~removed  # (R, T)
        lengths = kept.sum(1, keepdim=True)
        # A stable sort on "is gone" brings the kept tokens forward in their order.
        order = torch.sort((~kept).long(), dim=1, stable=True).indices
        moved = ids.expand(len(removed), -1).gather(1, order).masked_fill(lengths == 0, UNKNOWN)
        longest = max(1, int(lengths.max()))
        real = torch.arange(longest, device=ids.device)[None] < lengths.clamp(min=1)
        return moved[:, :longest].masked_fill(~real, PAD), real

    return apply


def blur_pixels(photo: Tensor, mask: Tensor) -> Apply:
    """Blur removed pixels: colours stay, shapes go.

    The Gaussian is a fourteenth of the side wide, which is half a cell of a 7 x 7 grid.
    """
    side = photo.shape[-1]
    return _replaced(photo, mask, gaussian_blur(photo, side // 8, side / 14))


def gaussian_blur(photo: Tensor, reach: int, sigma: float) -> Tensor:
    """Return photos (B, D, S, S) blurred by a Gaussian, mirrored at the border, as torchvision's `gaussian_blur` does.

    Args:
        reach: pixels of the kernel to each side of its middle.
        sigma: the standard deviation, in pixels.
    """
    end = reach / math.sqrt(2)
    weights = (-((torch.linspace(-end, end, 2 * reach + 1, device=photo.device) / sigma) ** 2)).softmax(0)
    channels = photo.shape[1]
    x = F.pad(photo, [reach] * 4, mode="reflect")
    for shape in ((1, -1), (-1, 1)):
        x = F.conv2d(x, weights.view(1, 1, *shape).expand(channels, -1, -1, -1), groups=channels)
    return x


def mean_pixels(photo: Tensor, mask: Tensor) -> Apply:
    """Paint removed pixels in the photo's mean colour."""
    return _replaced(photo, mask, photo.mean((-2, -1), keepdim=True))


def to_baseline(baseline: Tensor) -> Perturbation:
    """Return the perturbation that replaces removed features by those of a baseline, which has the inputs' shape."""
    return lambda inputs, mask: _replaced(inputs, mask, baseline)


def _replaced(inputs: Tensor, mask: Tensor, others: Tensor) -> Apply:
    return lambda removed: (torch.where(removed, others, inputs), mask.expand(len(removed), -1))
