"""Arrays of whoever asks: training measures with torch, and a prediction on the command line needs NumPy alone."""

from typing import Any

import numpy as np

Array = Any  # torch tensors or NumPy arrays; of one call all are of one kind


def functions_of(*arrays: Array) -> Any:
    """Return the functions of the standard for arrays of this kind, see data-apis.org/array-api."""
    if all(isinstance(array, np.ndarray | np.generic) for array in arrays):
        return np  # which follows the standard itself
    from array_api_compat import array_namespace

    return array_namespace(*arrays)


def like(values: Any, array: Array) -> Array:
    """Return numbers as an array of the kind and the precision of another."""
    functions = functions_of(array)
    return functions.asarray(values, dtype=array.dtype)


def softmax(logits: Array) -> Array:
    """Return the softmax over the last dimension."""
    functions = functions_of(logits)
    shares = functions.exp(logits - functions.max(logits, axis=-1, keepdims=True))
    return shares / functions.sum(shares, axis=-1, keepdims=True)
