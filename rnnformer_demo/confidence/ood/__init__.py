"""Out-of-distribution (OOD) detectors: the distance of an input from the training data, read off the forward pass.

The confidence of a classifier hardly shows it, as `auroc_of_confidence` in the cards says. One detector a file; an
input whose score is above 1 is out of distribution.
"""

import math
from typing import Any

from torch import Tensor

from ...models import Hybrid
from .energy import EnergyDetector
from .features import FEATURES, Feature, features_of, mean_of_steps
from .knn import KNNDetector
from .mahalanobis import MahalanobisDetector
from .tensors import PREFIX

__all__ = [
    "FEATURES",
    "PREFIX",
    "EnergyDetector",
    "Feature",
    "KNNDetector",
    "MahalanobisDetector",
    "OODDetector",
    "features_of",
    "mean_of_steps",
    "restore",
]

OODDetector = MahalanobisDetector | EnergyDetector | KNNDetector


def restore(card: Any, tensors: dict[str, Tensor], model: Hybrid) -> OODDetector:
    """Return the detector that a checkpoint stores.

    Args:
        card: the card's entry on it, an object with feature and threshold.
        tensors: the tensors of the checkpoint whose names begin with `PREFIX`.
        model: the model that they must fit.

    Raises:
        ValueError: where they do not belong together.
    """
    if not isinstance(card, dict) or not card.keys() >= {"feature", "threshold"}:
        raise ValueError(f"ood must have feature and threshold, got {card!r}")
    feature, threshold = card["feature"], card["threshold"]
    names = [*features_of(model), EnergyDetector.feature, KNNDetector.feature]
    if feature not in names:
        raise ValueError(f"feature must be one of {sorted(names)}, got {feature!r}")
    least = -math.inf if feature == EnergyDetector.feature else 0
    if not isinstance(threshold, int | float) or not least < threshold < math.inf:
        raise ValueError(f"threshold must be a number above {least}, got {threshold!r}")
    if feature == EnergyDetector.feature:
        return EnergyDetector.restore(threshold, tensors)
    if feature == KNNDetector.feature:
        return KNNDetector.restore(threshold, tensors, model)
    return MahalanobisDetector.restore(feature, threshold, tensors, model)
