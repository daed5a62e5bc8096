"""Matrices in 8 bits, so that a large classifier fits into a small file."""

import torch
from torch import Tensor

SCALE = ".scale"  # ends the name of the scales that belong to a matrix
_MOST = 127


def quantise(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return a matrix (N, M) as int8 (N, M) and 16-bit scales (N, 1), one a row: symmetric, rounded to nearest.

    The matrix that `dequantise` returns is quantised to the same again.

    Raises:
        ValueError: for anything but a matrix of finite numbers.
    """
    if matrix.ndim != 2 or not matrix.isfinite().all():
        raise ValueError(f"matrix must be two-dimensional and finite, got shape {tuple(matrix.shape)}")
    scales = (matrix.abs().amax(1, keepdim=True) / _MOST).half()
    steps = torch.where(scales > 0, matrix / scales.float(), 0.0)  # a row of zeros stays one
    return steps.round().clamp(-_MOST, _MOST).to(torch.int8), scales


def dequantise(quantised: Tensor, scales: Tensor) -> Tensor:
    """Return int8 (N, M) with scales (N, 1) as float32 (N, M)."""
    return quantised.float() * scales.float()


def pack(name: str, matrix: Tensor) -> dict[str, Tensor]:
    """Return a matrix as a checkpoint stores it in 8 bits, by the names there."""
    quantised, scales = quantise(matrix)
    return {name: quantised, name + SCALE: scales}


def unpack(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint with every 8-bit matrix back in float32 and its scales gone.

    Raises:
        ValueError: for an 8-bit matrix whose scales are missing or do not fit it.
    """
    unpacked = dict(tensors)
    for name, tensor in tensors.items():
        if tensor.dtype == torch.int8:
            scales = unpacked.pop(name + SCALE, None)
            if scales is None or scales.shape != (len(tensor), 1) or tensor.ndim != 2:
                raise ValueError(f"{name} must be a matrix with a scale for each row, got {tuple(tensor.shape)}")
            unpacked[name] = dequantise(tensor, scales)
    return unpacked
