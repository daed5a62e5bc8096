"""The check for export: a model may be turned into a graph that will be run on other inputs."""

import torch


def is_exporting() -> bool:
    """Return True while a model is traced, scripted, compiled or exported (`torch.jit`, `torch.onnx`, `torch.export`).

    A branch on values, and whatever leaves PyTorch, would then be baked into the graph as it is for the first input.
    """
    return torch.jit.is_tracing() or torch.onnx.is_in_onnx_export() or torch.compiler.is_compiling()
