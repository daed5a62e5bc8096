"""OOD score by the nearest training input.

Foreign inputs that lie between the classes rather than beyond them are no farther from a class than others, but they
are from the nearest training input (Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...models import HybridConfig
from ..arrays import Array, functions_of
from .tensors import PREFIX
from .thresholds import Thresholds

_EXAMPLES = PREFIX + "examples"


@dataclass(frozen=True)
class KNNDetector:
    """Cosine distance of the pooled representation from that of the nearest of some training inputs (k = 1).

    Attributes:
        examples: (N, E) their pooled representations.
        threshold: the distance, by length, beyond which an input is out of distribution.
    """

    feature: ClassVar[str] = "neighbour"
    about: ClassVar[str] = "the cosine distance of the pooled representation from the nearest of the training inputs"
    examples: Array
    threshold: Thresholds

    def distances(self, pooled: Array) -> Array:
        """Return the cosine distances (B,), 0-2, of pooled representations (B, E)."""
        functions = functions_of(pooled)
        nearest = functions.max(_unit(pooled) @ _unit(self.examples).T, axis=-1)
        return functions.clip(1 - nearest, 0, 2)

    def scores(self, captured: Mapping[str, Array], mask: Array) -> Array:
        """Return OOD scores (B,), 0 or more; see `MahalanobisDetector.scores`."""
        distances = self.distances(captured["pooled"])
        return distances / self.threshold.at(mask.sum(1), distances)

    def tensors(self) -> dict[str, Array]:
        """Return the examples, by their name in a checkpoint."""
        return {_EXAMPLES: self.examples}

    @classmethod
    def restore(cls, threshold: Thresholds, tensors: dict[str, Array], config: HybridConfig) -> "KNNDetector":
        """Return the detector that `tensors` stored.

        Raises:
            ValueError: for other tensors, and for examples that do not fit the model.
        """
        width = config.pooled_width
        shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
        if [*shapes] != [_EXAMPLES] or shapes[_EXAMPLES][1:] != (width,) or not len(tensors[_EXAMPLES]):
            raise ValueError(f"tensors of ood must be {_EXAMPLES!r} of shape (N, {width}), got {shapes}")
        return cls(tensors[_EXAMPLES], threshold)


def _unit(rows: Array) -> Array:
    """Return rows (N, E) of length 1."""
    functions = functions_of(rows)
    lengths = functions.sqrt(functions.sum(rows * rows, axis=-1, keepdims=True))
    return rows / functions.clip(lengths, 1e-12, None)
