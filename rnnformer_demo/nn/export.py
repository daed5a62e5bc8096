"""Whether a model is being run, or turned into a graph that will be run on other inputs."""

import torch


def is_exporting() -> bool:
    """True while a model is traced, scripted, compiled or exported (`torch.jit.trace`, `torch.onnx`, `torch.export`).

    A branch on values, and whatever leaves PyTorch, would then be baked into the graph as it is for the first input.
    """
    return torch.jit.is_tracing() or torch.onnx.is_in_onnx_export() or torch.compiler.is_compiling()
