"""OOD score by the Mahalanobis distance of a feature from the nearest class.

One covariance serves all classes (Lee et al. 2018, "A Simple Unified Framework for Detecting Out-of-Distribution
Samples and Adversarial Attacks"). It allows for short inputs: the mean of S steps scatters around that of its source by
within / S, and the sources around their class by between (the two-covariance model of Brümmer & de Villiers 2010, "The
speaker partitioning problem").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...models import HybridConfig
from ..arrays import Array, functions_of
from .features import FEATURES, mean_of_steps
from .tensors import PREFIX, shapes_of
from .thresholds import Thresholds

_TENSORS = ("centres", "whitening", "between")


@dataclass(frozen=True)
class MahalanobisDetector:
    """Gaussians that were fitted to one feature of the training inputs, and the distance that bounds them.

    Attributes:
        feature: a key of `FEATURES`.
        centres: (K, E) the mean of each class that the model names on the training inputs.
        whitening: (E, E) maps a deviation from a centre to independent coordinates in which the steps of one input
            have variance 1.
        between: (E,) the variance there of the inputs of one class, above 0.
        threshold: the distance, by length, beyond which an input is out of distribution.
    """

    feature: str
    centres: Array
    whitening: Array
    between: Array
    threshold: Thresholds

    @property
    def about(self) -> str:
        """The description of the distance, in words."""
        return f"the Mahalanobis distance of {FEATURES[self.feature].about} from the nearest class"

    def distances(self, means: Array, steps: Array) -> Array:
        """Return squared Mahalanobis distances (B,) from the nearest centre, divided by E.

        They are around 1 for training inputs.

        Args:
            means: (B, E), over the steps of each input.
            steps: (B,), the number of those steps.
        """
        coordinates = (means[:, None] - self.centres) @ self.whitening.T  # (B, K, E)
        variances = self.between + 1 / steps[:, None]  # (B, E)
        by_centre = (coordinates * coordinates / variances[:, None]).mean(-1)  # (B, K)
        return functions_of(by_centre).min(by_centre, axis=-1)

    def scores(self, captured: Mapping[str, Array], mask: Array) -> Array:
        """Return the OOD scores (B,) of the inputs of a forward pass: 0 or more, out of distribution above 1.

        Args:
            captured: the tensors that passed the hook points, by their names.
            mask: (B, T).
        """
        distances = self.distances(*mean_of_steps(*FEATURES[self.feature].read(captured, mask)))
        return distances / self.threshold.at(mask.sum(1), distances)

    def tensors(self) -> dict[str, Array]:
        """Return the tensors that a checkpoint stores beside the card, by their names there."""
        return {PREFIX + name: getattr(self, name) for name in _TENSORS}

    @classmethod
    def restore(
        cls, feature: str, threshold: Thresholds, tensors: dict[str, Array], config: HybridConfig
    ) -> "MahalanobisDetector":
        """Return the detector that `tensors` stored.

        Raises:
            ValueError: for tensors that do not fit the feature and the model.
        """
        width, classes = FEATURES[feature].width(config), len(config.labels)
        possible = [
            {"centres": (k, width), "whitening": (width, width), "between": (width,)} for k in range(1, classes + 1)
        ]
        if (shapes := shapes_of(tensors)) not in possible:
            raise ValueError(f"tensors of ood must be {possible[-1]} for {classes} classes or fewer, got {shapes}")
        return cls(feature=feature, threshold=threshold, **{name: tensors[PREFIX + name] for name in _TENSORS})
