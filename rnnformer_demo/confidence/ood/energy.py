"""OOD score by the energy of the logits (Liu et al. 2020, "Energy-based Out-of-distribution Detection").

It suits a model of a thousand classes: among so many kinds of things little lies far from all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..arrays import Array, functions_of
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
    def energies(logits: Array) -> Array:
        """Return the energies (B,) of logits (B, C)."""
        functions = functions_of(logits)
        highest = functions.max(logits, axis=-1, keepdims=True)
        return -(functions.log(functions.sum(functions.exp(logits - highest), axis=-1)) + highest[..., 0])

    def scores(self, captured: Mapping[str, Array], mask: Array) -> Array:
        """Return OOD scores (B,), above 0; see `MahalanobisDetector.scores`."""
        energies = self.energies(captured["logits"])
        return functions_of(energies).exp(energies - self.threshold.at(mask.sum(1), energies))

    def tensors(self) -> dict[str, Array]:
        """Return nothing: the threshold stands in the card."""
        return {}

    @classmethod
    def restore(cls, threshold: Thresholds, tensors: dict[str, Array]) -> "EnergyDetector":
        """Return the detector of some thresholds.

        Raises:
            ValueError: where there are tensors.
        """
        if tensors:
            raise ValueError(f"tensors of ood must be none for the energy, got {sorted(tensors)}")
        return cls(threshold)
