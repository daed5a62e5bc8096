"""Ways to take words or patches out of an input, as measures of faithfulness and what-if questions need them.

Each takes inputs with a batch of 1 and their mask (1, T), and gives a function that takes what is to go: a boolean for
each feature, (R, T) for ids or (R, 1, S, S) for pixels, one row for each variant. That one returns inputs and mask of R
rows. So what all variants share, such as a blurred photo, is made once.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..data.text import PAD, UNKNOWN

Apply = Callable[[Tensor], tuple[Tensor, Tensor]]
Perturbation = Callable[[Tensor, Tensor], Apply]


def blank_tokens(ids: Tensor, mask: Tensor) -> Apply:
    """The unknown token in their place."""
    return lambda removed: (
        ids.expand(len(removed), -1).masked_fill(removed & mask, UNKNOWN),
        mask.expand(len(removed), -1),
    )


def delete_tokens(ids: Tensor, mask: Tensor) -> Apply:
    """The others close up. Where nothing is left, one unknown token is: no model reads an empty text."""

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
    """A Gaussian blur in their place, a fourteenth of the side wide (half a cell of a 7 x 7 grid): colours stay, shapes
    go."""
    from .backbones.torchvision_compat import transforms

    side = photo.shape[-1]
    kernel = 2 * (side // 8) + 1
    return _instead(photo, mask, transforms.functional.gaussian_blur(photo, [kernel, kernel], [side / 14, side / 14]))


def mean_pixels(photo: Tensor, mask: Tensor) -> Apply:
    """The photo's mean colour in their place."""
    return _instead(photo, mask, photo.mean((-2, -1), keepdim=True))


def _instead(photo: Tensor, mask: Tensor, other: Tensor) -> Apply:
    return lambda removed: (torch.where(removed, other, photo), mask.expand(len(removed), -1))
