"""Devices: models are trained on the GPU where PyTorch sees one, and come back to the CPU, which serves them."""

import torch
from torch import Tensor, nn


def accelerator() -> torch.device:
    """Return the GPU, or else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_device_of(model: nn.Module, *tensors: Tensor) -> list[Tensor]:
    """Return the tensors on the device of the model's weights."""
    device = next(model.parameters()).device
    return [tensor.to(device) for tensor in tensors]
