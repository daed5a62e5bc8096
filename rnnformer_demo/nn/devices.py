"""Devices: models are trained on the GPU where PyTorch sees one, and come back to the CPU, which serves them."""

import os
import platform
from pathlib import Path

import torch
from torch import Tensor, nn


def accelerator() -> torch.device:
    """Return the GPU, or else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_device_of(model: nn.Module, *tensors: Tensor) -> list[Tensor]:
    """Return the tensors on the device of the model's weights."""
    device = next(model.parameters()).device
    return [tensor.to(device) for tensor in tensors]


def machine() -> str:
    """Return the processor, without the machine's name: "AMD EPYC, 2 cores, 1 thread"; the GPU's name once it is in
    use."""
    if torch.cuda.is_initialized():
        return torch.cuda.get_device_name()
    cores, threads = os.cpu_count(), torch.get_num_threads()
    return f"{_processor()}, {cores} core{'s' * (cores != 1)}, {threads} thread{'s' * (threads != 1)}"


def _processor() -> str:
    """Return the processor's model where the system tells it, else its architecture."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
