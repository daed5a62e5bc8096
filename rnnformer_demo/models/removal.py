"""Ways to take words or patches out of an input, as measures of faithfulness and what-if questions need them.

Each takes inputs with a batch of 1, their mask (1, T), and what is to go: a boolean for each feature, (R, T) for ids or
(R, 1, S, S) for pixels, one row for each variant. It returns inputs and mask of R rows.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..data.text import PAD, UNKNOWN

Removal = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def blank_tokens(ids: Tensor, mask: Tensor, gone: Tensor) -> tuple[Tensor, Tensor]:
    """The unknown token in their place."""
    return ids.expand(len(gone), -1).masked_fill(gone & mask, UNKNOWN), mask.expand(len(gone), -1)


def delete_tokens(ids: Tensor, mask: Tensor, gone: Tensor) -> tuple[Tensor, Tensor]:
    """The others close up. Where nothing is left, one unknown token is: no model reads an empty text."""
    kept = mask & ~gone  # (R, T)
    lengths = kept.sum(1)
    # A stable sort on "is gone" brings the kept tokens forward in their order.
    order = torch.sort((~kept).long(), dim=1, stable=True).indices
    moved = ids.expand(len(gone), -1).gather(1, order)
    real = torch.arange(ids.shape[1], device=ids.device)[None] < lengths.clamp(min=1)[:, None]
    moved = torch.where(lengths[:, None] == 0, torch.full_like(moved, UNKNOWN), moved).masked_fill(~real, PAD)
    longest = int(lengths.clamp(min=1).max())
    return moved[:, :longest], real[:, :longest]


def blur_pixels(photo: Tensor, mask: Tensor, gone: Tensor) -> tuple[Tensor, Tensor]:
    """A Gaussian blur in their place, a fourteenth of the side wide (half a cell of a 7 x 7 grid): colours stay, shapes
    go."""
    from ..vision import transforms  # which models of texts do without

    side = photo.shape[-1]
    kernel = 2 * (side // 8) + 1
    blurred = transforms.functional.gaussian_blur(photo, [kernel, kernel], [side / 14, side / 14])
    return torch.where(gone, blurred, photo), mask.expand(len(gone), -1)


def mean_pixels(photo: Tensor, mask: Tensor, gone: Tensor) -> tuple[Tensor, Tensor]:
    """The photo's mean colour in their place."""
    mean = photo.mean((-2, -1), keepdim=True)
    return torch.where(gone, mean, photo), mask.expand(len(gone), -1)
