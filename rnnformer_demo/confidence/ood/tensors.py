"""Names that a detector's tensors bear in a checkpoint."""

from torch import Tensor

PREFIX = "ood."  # begins each of them


def shapes_of(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of tensors by their names without `PREFIX`."""
    return {name.removeprefix(PREFIX): tuple(tensor.shape) for name, tensor in tensors.items()}
