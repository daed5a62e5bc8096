"""Out-of-distribution (OOD) detectors: the distance of an input from the training data, read off the forward pass.

The confidence of a classifier hardly shows it, as `auroc_of_confidence` in the cards says. One detector a file; an
input whose score is above 1 is out of distribution.
"""

import math
from typing import Any

from ...models import HybridConfig
from ..arrays import Array
from .energy import EnergyDetector
from .exposure import PLANE, Distance, ExposedDetector
from .features import FEATURES, Feature, features_of, mean_of_steps
from .knn import KNNDetector
from .mahalanobis import MahalanobisDetector
from .tensors import PREFIX
from .thresholds import Thresholds

__all__ = [
    "FEATURES",
    "PREFIX",
    "Distance",
    "EnergyDetector",
    "ExposedDetector",
    "Feature",
    "KNNDetector",
    "MahalanobisDetector",
    "OODDetector",
    "Thresholds",
    "features_of",
    "mean_of_steps",
    "restore",
]

OODDetector = Distance | ExposedDetector


def restore(card: Any, tensors: dict[str, Array], config: HybridConfig) -> OODDetector:
    """Return the detector that a checkpoint stores.

    Args:
        card: the card's entry on it, an object with feature and threshold, and plane where it was shown other kinds.
        tensors: the tensors of the checkpoint whose names begin with `PREFIX`.
        config: of the model that they must fit.

    Raises:
        ValueError: where they do not belong together.
    """
    if not isinstance(card, dict) or not card.keys() >= {"feature", "threshold"}:
        raise ValueError(f"ood must have feature and threshold, got {card!r}")
    distance_tensors = {name: tensor for name, tensor in tensors.items() if name != PLANE or "plane" not in card}
    distance = _restore_distance(card, distance_tensors, config)
    return ExposedDetector.restore(distance, card["plane"], tensors.get(PLANE), config) if "plane" in card else distance


def _restore_distance(card: dict, tensors: dict[str, Array], config: HybridConfig) -> Distance:
    feature = card["feature"]
    names = [*features_of(config), EnergyDetector.feature, KNNDetector.feature]
    if feature not in names:
        raise ValueError(f"feature must be one of {sorted(names)}, got {feature!r}")
    threshold = Thresholds.restore(card["threshold"], -math.inf if feature == EnergyDetector.feature else 0)
    if feature == EnergyDetector.feature:
        return EnergyDetector.restore(threshold, tensors)
    if feature == KNNDetector.feature:
        return KNNDetector.restore(threshold, tensors, config)
    return MahalanobisDetector.restore(feature, threshold, tensors, config)
