"""OOD score by the nearest training input.

Foreign inputs that lie between the classes rather than beyond them are no farther from a class than others, but they
are from the nearest training input (Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors").
"""

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from ...models import Hybrid
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
    examples: Tensor
    threshold: Thresholds

    def distances(self, pooled: Tensor) -> Tensor:
        """Return the cosine distances (B,), 0-2, of pooled representations (B, E)."""
        return (1 - (F.normalize(pooled, dim=-1) @ F.normalize(self.examples, dim=-1).T).amax(-1)).clamp(min=0)

    def scores(self, captured: dict[str, Tensor], mask: Tensor) -> Tensor:
        """Return OOD scores (B,), 0 or more; see `MahalanobisDetector.scores`."""
        return self.distances(captured["pooled"]) / self.threshold.at(mask.sum(1))

    def tensors(self) -> dict[str, Tensor]:
        """Return the examples, by their name in a checkpoint."""
        return {_EXAMPLES: self.examples}

    @classmethod
    def restore(cls, threshold: Thresholds, tensors: dict[str, Tensor], model: Hybrid) -> "KNNDetector":
        """Return the detector that `tensors` stored.

        Raises:
            ValueError: for other tensors, and for examples that do not fit the model.
        """
        width = model.core.width_pooled
        shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
        if [*shapes] != [_EXAMPLES] or shapes[_EXAMPLES][1:] != (width,) or not len(tensors[_EXAMPLES]):
            raise ValueError(f"tensors of ood must be {_EXAMPLES!r} of shape (N, {width}), got {shapes}")
        return cls(tensors[_EXAMPLES], threshold)
