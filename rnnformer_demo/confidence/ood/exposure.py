"""Outlier exposure (Hendrycks et al. 2019, "Deep Anomaly Detection with Outlier Exposure"), by a plane.

Chinese headlines are as near to Chinese reviews as these are to one another: no distance from the reviews tells them
apart, but a plane between the two does. What is foreign in another way lies on either side of it; so the distance
counts as well, and an input is foreign where either test says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...models import HybridConfig
from ..arrays import Array, functions_of
from .energy import EnergyDetector
from .features import FEATURES, features_of, mean_of_steps
from .knn import KNNDetector
from .mahalanobis import MahalanobisDetector
from .tensors import PREFIX
from .thresholds import Thresholds

PLANE = PREFIX + "plane"

Distance = MahalanobisDetector | EnergyDetector | KNNDetector


@dataclass(frozen=True)
class ExposedDetector:
    """A detector that was shown training inputs alone, and a plane beyond which inputs of other kinds were found.

    Attributes:
        distance: the detector.
        exposed: a key of `FEATURES`.
        plane: (E + 1,) weights of the means of that feature over the steps of an input, and a constant: positive values
            are foreign.
        beyond: the values by length beyond which an input is out of distribution.
        reach: by length, how much lower a value is whose score is 0, above 0.
    """

    distance: Distance
    exposed: str
    plane: Array
    beyond: Thresholds
    reach: Thresholds

    @property
    def feature(self) -> str:
        """That of the distance."""
        return self.distance.feature

    @property
    def threshold(self) -> Thresholds:
        """That of the distance."""
        return self.distance.threshold

    @property
    def about(self) -> str:
        """The description of both, in words."""
        return f"{self.distance.about}, or the side of a plane between these and other kinds of input"

    def values(self, means: Array) -> Array:
        """Return the values (B,) of means (B, E): above 0 beyond the plane."""
        return means @ self.plane[:-1] + self.plane[-1]

    def scores(self, captured: Mapping[str, Array], mask: Array) -> Array:
        """Return OOD scores (B,), 0 or more: the higher of the two; see `MahalanobisDetector.scores`."""
        means, _ = mean_of_steps(*FEATURES[self.exposed].read(captured, mask))
        beyond = self.scores_beyond(means, mask.sum(1))
        return functions_of(beyond).maximum(self.distance.scores(captured, mask), beyond)

    def scores_beyond(self, means: Array, steps: Array) -> Array:
        """Return the scores (B,) by the plane alone, out of distribution above 1.

        Args:
            means: (B, E).
            steps: (B,), the lengths of the inputs.
        """
        values = self.values(means)
        return 1 + (values - self.beyond.at(steps, values)) / self.reach.at(steps, values)

    def tensors(self) -> dict[str, Array]:
        """Return the tensors of both, by their names in a checkpoint."""
        return self.distance.tensors() | {PLANE: self.plane}

    @classmethod
    def restore(cls, distance: Distance, entry: dict, plane: Array | None, config: HybridConfig) -> "ExposedDetector":
        """Return the detector that a checkpoint stores.

        Args:
            distance: the detector beside the plane.
            entry: of the card, with feature, threshold and reach.
            plane: as it was stored; None where it was not.
            config: of the model, which it must fit.

        Raises:
            ValueError: where they do not belong together.
        """
        features = features_of(config)
        if not isinstance(entry, dict) or entry.keys() != {"feature", "threshold", "reach"}:
            raise ValueError(f"plane must have feature, threshold and reach, got {entry!r}")
        if entry["feature"] not in features:
            raise ValueError(f"the feature of plane must be one of {sorted(features)}, got {entry['feature']!r}")
        width = features[entry["feature"]].width(config) + 1
        if plane is None or plane.shape != (width,):
            raise ValueError(f"the tensor {PLANE!r} must have shape ({width},)")
        beyond, reach = Thresholds.restore(entry["threshold"]), Thresholds.restore(entry["reach"], 0)
        return cls(distance, entry["feature"], plane, beyond, reach)
