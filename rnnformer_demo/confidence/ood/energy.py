"""OOD score by the energy of the logits (Liu et al. 2020, "Energy-based Out-of-distribution Detection").

It suits a model of a thousand classes: among so many kinds of things little lies far from all.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .thresholds import Thresholds


@dataclass(frozen=True)
class EnergyDetector:
    """Minus the logarithm of the sum of the exponentials of the logits: high where all logits are low.

    Attributes:
        threshold: the energy, by length, beyond which an input is out of distribution.
    """

    feature: ClassVar[str] = "energy"
    about: ClassVar[str] = "the energy of the logits"
    threshold: Thresholds

    @staticmethod
    def energies(logits: Tensor) -> Tensor:
        """Return the energies (B,) of logits (B, C)."""
        return -logits.logsumexp(-1)

    def scores(self, captured: dict[str, Tensor], mask: Tensor) -> Tensor:
        """Return OOD scores (B,), above 0; see `MahalanobisDetector.scores`."""
        return (self.energies(captured["logits"]) - self.threshold.at(mask.sum(1))).exp()

    def tensors(self) -> dict[str, Tensor]:
        """Return nothing: the threshold stands in the card."""
        return {}

    @classmethod
    def restore(cls, threshold: Thresholds, tensors: dict[str, Tensor]) -> "EnergyDetector":
        """Return the detector of some thresholds.

        Raises:
            ValueError: where there are tensors.
        """
        if tensors:
            raise ValueError(f"tensors of ood must be none for the energy, got {sorted(tensors)}")
        return cls(threshold)
