"""Relevance propagation on through the CNN, from its grid of features to pixels, by the gamma rule.

Where many weights add what others take away again, as in a deep CNN, gradient x input is noise. The gamma rule
(Montavon et al. 2019, "Layer-Wise Relevance Propagation: An Overview") gives more to contributions that have the sign
of the sum.

A file of its own, for it needs torchvision, which a text does without.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.grad import conv2d_input

from ...models.backbones.efficientnet import InvertedResidual, SamePad2d
from ...models.backbones.registry import BothGrids
from ...models.image import ImageHybrid
from .propagation import Relevance, token_gradient
from .rules import Linear, Recording, chain, element_wise, linearise

# What contributions with the sign of the sum count beyond the others; as in an example of Montavon et al.
GAMMA = 0.25


@torch.no_grad()
def pixel_relevance_of(model: ImageHybrid, recording: Recording, photo: Tensor, target: int) -> Relevance:
    """Hand the logit of a class down to the pixels of a recorded photo, (S, S), each summed over its colours.

    Args:
        recording, target: see `relevance_of`.
        photo: (1, 3, S, S), normalised: grey is 0, and gets nothing.

    Raises:
        TypeError: for a CNN with a part that has no rule.
    """
    of_tokens, logit = token_gradient(model, recording, target)
    grid, back = linearise(model.backbone, photo, recording)
    of_photo = back(of_tokens.T.reshape(grid.shape))
    return Relevance((of_photo * photo).sum(1)[0], logit)


@linearise.register
def _relu(part: nn.ReLU, x: Tensor, recording: Recording) -> Linear:
    return element_wise(F.relu, x)


@linearise.register
def _relu6(part: nn.ReLU6, x: Tensor, recording: Recording) -> Linear:
    return element_wise(F.relu6, x)


@linearise.register
def _padding(part: SamePad2d, x: Tensor, recording: Recording) -> Linear:
    padded = part(x)
    height, width = x.shape[-2:]
    top, left = (padded.shape[-2] - height) // 2, (padded.shape[-1] - width) // 2
    return padded, lambda gradient: gradient[..., top : top + height, left : left + width]


@linearise.register
def _inverted_residual(part: InvertedResidual, x: Tensor, recording: Recording) -> Linear:
    output, back = linearise(part.body, x, recording)
    if not part.residual:
        return output, back
    return x + output, lambda gradient: gradient + back(gradient)


@linearise.register
def _both_grids(part: BothGrids, x: Tensor, recording: Recording) -> Linear:
    blocks = list(part)
    fine, back_from_fine = chain(blocks[: part.fine_blocks], x, recording)
    coarse, back_from_coarse = chain(blocks[part.fine_blocks :], fine, recording)

    def back(gradient: Tensor) -> Tensor:
        of_coarse, of_pooled = gradient.split([coarse.shape[1], fine.shape[1]], 1)
        of_fine = F.interpolate(of_pooled, scale_factor=2) / 4  # each of the mean of two by two cells
        return back_from_fine(back_from_coarse(of_coarse) + of_fine)

    return torch.cat([coarse, F.avg_pool2d(fine, 2)], 1), back


@linearise.register
def _convolution(part: nn.Conv2d, x: Tensor, recording: Recording) -> Linear:
    """Count contributions 1 + gamma times where they have the sign of the output, and scale all to the same output.

    Contributions are products of an input and a weight: those of positive inputs are positive by positive weights,
    those of negative inputs by negative ones.
    """
    padding = cast("tuple[int, ...]", part.padding)
    raised, lowered = part.weight.clamp(min=0), part.weight.clamp(max=0)
    above, below = x.clamp(min=0), x.clamp(max=0)
    signed = bool(below.any())  # what a ReLU lets through is not, which saves half of the work

    def convolve(x: Tensor, weight: Tensor) -> Tensor:
        return F.conv2d(x, weight, None, part.stride, padding, part.dilation, part.groups)

    contributions = convolve(x, part.weight)
    output = contributions if part.bias is None else contributions + part.bias[:, None, None]
    positive = convolve(above, raised) + (convolve(below, lowered) if signed else 0)
    is_positive = output > 0
    agreeing = torch.where(is_positive, positive, (contributions - positive).clamp(max=0))
    scales = torch.where(output == 0, 0.0, output / (output + GAMMA * agreeing))
    raised, lowered = part.weight + GAMMA * raised, part.weight + GAMMA * lowered

    def transposed(gradient: Tensor, weight: Tensor) -> Tensor:
        if not gradient.any():  # as behind a ReLU, which lets nothing negative through
            return torch.zeros_like(x)
        return conv2d_input(x.shape, weight, gradient, part.stride, padding, part.dilation, part.groups)

    def back(gradient: Tensor) -> Tensor:
        scaled = scales * gradient
        of_positive, of_negative = torch.where(is_positive, scaled, 0.0), torch.where(is_positive, 0.0, scaled)
        of_above = transposed(of_positive, raised) + transposed(of_negative, lowered)
        if not signed:
            return of_above
        return torch.where(x > 0, of_above, transposed(of_positive, lowered) + transposed(of_negative, raised))

    return output, back
