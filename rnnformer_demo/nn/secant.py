"""Secants of activation functions, which take a function for linear at one place."""

from collections.abc import Callable

import torch
from torch import Tensor

_SMALLEST = 1e-6  # below it the slope at this distance from 0 stands in: 0 / 0 has none


def secant(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the slopes f(x) / x of the lines from the origin to (x, f(x)), of the shape of `x`.

    Args:
        function: an element-wise function with f(0) = 0.
    """
    x = torch.where(x.abs() < _SMALLEST, _SMALLEST, x)
    return function(x) / x
