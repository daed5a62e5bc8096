"""Where models are trained: on the GPU where PyTorch sees one. They come back to the CPU, which serves them."""

import torch
from torch import Tensor, nn


def accelerator() -> torch.device:
    """The GPU, or else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_device_of(model: nn.Module, *tensors: Tensor) -> list[Tensor]:
    """The tensors where the weights of the model lie."""
    device = next(model.parameters()).device
    return [tensor.to(device) for tensor in tensors]
