"""Encodings of a trace's arrays: 11 bits for what a short input has few of, 8 bits for all else."""

from torch import Tensor

from ...document import Array

FINE_TOKENS = 128  # longer inputs get 8 bits, or a document of 400 tokens would take more than 3 MB


def weights(values: Tensor) -> Array:
    """Encode weights of 0 or more, (..., T)."""
    return Array.of(values, "float16") if values.shape[-1] <= FINE_TOKENS // 2 else Array.of(values, "uint8", low=0.0)


def bounded(values: Tensor) -> Array:
    """Encode hidden states or candidates, -1 to 1, (T, 2, U), in 8 bits."""
    return Array.symmetric(values, 1.0)


def unbounded(values: Tensor) -> Array:
    """Encode cell states, (T, 2, U)."""
    return Array.of(values, "float16") if len(values) <= FINE_TOKENS else Array.symmetric(values)


def gate(values: Tensor) -> Array:
    """Encode a gate, 0-1, (T, 2, U), in 8 bits."""
    return Array.of(values, "uint8", low=0.0, high=1.0)
