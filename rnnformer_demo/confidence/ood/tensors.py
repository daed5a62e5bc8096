"""Names that a detector's tensors bear in a checkpoint."""

from .. import OOD_TENSORS as PREFIX
from ..arrays import Array


def shapes_of(tensors: dict[str, Array]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of tensors by their names without `PREFIX`."""
    return {name.removeprefix(PREFIX): tuple(tensor.shape) for name, tensor in tensors.items()}
