"""How strange an input is to a model: how far it lies from what the model was trained on, read off the forward pass.

The confidence of a classifier hardly tells it: measured on reviews against news, its AUROC is 0.72. What tells it is
the Mahalanobis distance of a feature from the nearest class, under one covariance for all classes (Lee et al. 2018, "A
Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks"). The covariance allows for
short inputs: the mean of S steps scatters around that of its source by within / S, and the sources around their class
by between (the two-covariance model of Brümmer & de Villiers 2010, "The speaker partitioning problem").

Which features tell it depends on the task. Training keeps in the pooled representation what separates the classes and
drops the rest: a model of topics is told what is foreign by that representation, a model of sentiment, which no topic
concerns, by the mean of its word vectors, or by both together. Where what is foreign lies among the classes, between
them rather than beyond them, no distance from a class shows it, but that from the nearest training input does (Sun et
al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors"). A model of a thousand classes is told by the
energy of its logits (Liu et al. 2020, "Energy-based Out-of-distribution Detection"): among so many kinds of things
little lies far from all. What is no photo at all shows halfway through the CNN, whose last grid has forgotten it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ..models import Hybrid

PREFIX = "ood."  # of the tensors in a checkpoint
_TENSORS = ("centres", "whitening", "between")


@dataclass(frozen=True)
class Feature:
    """What of a forward pass is compared with the training data.

    Attributes:
        kinds: of the taps without all of which a model has it not.
        about: what it is, in words that follow "the distance of".
        read: what passed through the taps, by their names, and the mask (B, T) to the vectors of S steps (B, S, E) and
            their mask (B, S).
        width: E for a model.
        modality: of the models that have it; None for all.
    """

    kinds: tuple[str, ...]
    about: str
    read: Callable[[dict[str, Tensor], Tensor], tuple[Tensor, Tensor]]
    width: Callable[[Hybrid], int]
    modality: str | None = None


def _tokens(seen: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    """Each token with its length, by which a text of unknown words differs whose vector lies amid the others."""
    tokens = seen["tokens"]
    return torch.cat([tokens, tokens.norm(dim=-1, keepdim=True)], dim=-1), mask


def _pooled(seen: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    return seen["pooled"][:, None], mask.new_ones(len(mask), 1)


def _joint(seen: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    """Both side by side: the words, and what the model made of them."""
    pooled, one = _pooled(seen, mask)
    means, _ = mean_of_steps(*_tokens(seen, mask))
    return torch.cat([pooled, means[:, None]], dim=-1), one


def _texture(seen: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    return seen["texture"].mean((-2, -1))[:, None], mask.new_ones(len(mask), 1)


FEATURES = {
    "tokens": Feature(
        ("tokens",), "the mean token and the tokens' mean length", _tokens, lambda model: model.core.width_in + 1
    ),
    "pooled": Feature(("pooled",), "the pooled representation", _pooled, lambda model: model.core.width_pooled),
    # A grid of 1,280 channels would make it too wide to store, and it is texture that tells strange photos.
    "joint": Feature(
        ("pooled", "tokens"),
        "the pooled representation, the mean token and the tokens' mean length",
        _joint,
        lambda model: model.core.width_pooled + model.core.width_in + 1,
        modality="text",
    ),
    "texture": Feature(
        ("texture",), "the mean of the CNN's finer grid", _texture, lambda model: model.config.texture_channels
    ),
}


def features_of(model: Hybrid) -> dict[str, Feature]:
    """Those of `FEATURES` that a model has."""
    return {
        name: feature
        for name, feature in FEATURES.items()
        if all(map(model.hook_points, feature.kinds)) and feature.modality in (None, model.modality)
    }


def mean_of_steps(vectors: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors (B, S, E) and their mask (B, S) to the means over the real steps (B, E) and how many those are (B,)."""
    steps = mask.sum(1)
    return (vectors * mask[..., None]).sum(1) / steps[:, None], steps


@dataclass(frozen=True)
class MahalanobisDetector:
    """Gaussians that were fitted to one feature of the training inputs, and from where on an input is called foreign.

    Attributes:
        feature: a key of `FEATURES`.
        centres: (K, E) the mean of each class that the model names on the training inputs.
        whitening: (E, E) maps a deviation from a centre to independent coordinates in which the steps of one input
            have variance 1.
        between: (E,) the variance there of the inputs of one class, above 0.
        threshold: the distance beyond which an input is out of domain.
    """

    feature: str
    centres: Tensor
    whitening: Tensor
    between: Tensor
    threshold: float

    @property
    def about(self) -> str:
        """What it measures, in words."""
        return f"the Mahalanobis distance of {FEATURES[self.feature].about} from the nearest class"

    def distances(self, means: Tensor, steps: Tensor) -> Tensor:
        """Squared Mahalanobis distances (B,) from the nearest centre, divided by E: around 1 for training inputs.

        Args:
            means: (B, E) over the steps of each input.
            steps: (B,) how many those are.
        """
        coordinates = (means[:, None] - self.centres) @ self.whitening.T  # (B, K, E)
        variances = self.between + 1 / steps[:, None]  # (B, E)
        return (coordinates.square() / variances[:, None]).mean(-1).amin(-1)

    def scores(self, seen: dict[str, Tensor], mask: Tensor) -> Tensor:
        """How strange the inputs of a forward pass are (B,): 0 or more, out of domain above 1.

        Args:
            seen: what passed through the taps, by their names.
            mask: (B, T).
        """
        return self.distances(*mean_of_steps(*FEATURES[self.feature].read(seen, mask))) / self.threshold

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint stores beside the card, by its names there."""
        return {PREFIX + name: getattr(self, name) for name in _TENSORS}


@dataclass(frozen=True)
class EnergyDetector:
    """Minus the logarithm of the sum of the exponentials of the logits: high where no class is spoken for.

    Attributes:
        threshold: the energy beyond which an input is out of domain.
    """

    feature: ClassVar[str] = "energy"
    about: ClassVar[str] = "the energy of the logits"
    threshold: float

    @staticmethod
    def energies(logits: Tensor) -> Tensor:
        """(B, C) to (B,)."""
        return -logits.logsumexp(-1)

    def scores(self, seen: dict[str, Tensor], mask: Tensor) -> Tensor:
        """How strange the inputs of a forward pass are (B,): above 0, out of domain above 1; see
        `MahalanobisDetector.scores`."""
        return (self.energies(seen["logits"]) - self.threshold).exp()

    def tensors(self) -> dict[str, Tensor]:
        """It stores nothing beside the card."""
        return {}


@dataclass(frozen=True)
class KNNDetector:
    """How far the pooled representation points away from that of the nearest of some training inputs.

    Attributes:
        examples: (N, E) their pooled representations.
        threshold: the distance beyond which an input is out of domain.
    """

    feature: ClassVar[str] = "neighbour"
    about: ClassVar[str] = "the cosine distance of the pooled representation from the nearest of the training inputs"
    examples: Tensor
    threshold: float

    def distances(self, pooled: Tensor) -> Tensor:
        """Pooled representations (B, E) to cosine distances (B,), 0-2."""
        return (1 - (F.normalize(pooled, dim=-1) @ F.normalize(self.examples, dim=-1).T).amax(-1)).clamp(min=0)

    def scores(self, seen: dict[str, Tensor], mask: Tensor) -> Tensor:
        """How strange the inputs of a forward pass are (B,), 0 or more. See `MahalanobisDetector.scores`."""
        return self.distances(seen["pooled"]) / self.threshold

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint stores beside the card, by its name there."""
        return {PREFIX + "examples": self.examples}


OODDetector = MahalanobisDetector | EnergyDetector | KNNDetector


def restore(card: Any, tensors: dict[str, Tensor], model: Hybrid) -> OODDetector:
    """The signal that a checkpoint stores.

    Args:
        card: what the JSON says of it: an object with feature and threshold.
        tensors: those whose names begin with `PREFIX`.
        model: to which they must fit.

    Raises:
        ValueError: where they do not belong together.
    """
    if not isinstance(card, dict) or not card.keys() >= {"feature", "threshold"}:
        raise ValueError(f"ood must have feature and threshold, got {card!r}")
    feature, threshold = card["feature"], card["threshold"]
    features = features_of(model)
    known = [*features, EnergyDetector.feature, KNNDetector.feature]
    if feature not in known:
        raise ValueError(f"feature must be one of {sorted(known)}, got {feature!r}")
    least = -math.inf if feature == EnergyDetector.feature else 0
    if not isinstance(threshold, int | float) or not least < threshold < math.inf:
        raise ValueError(f"threshold must be a number above {least}, got {threshold!r}")
    if feature == EnergyDetector.feature:
        if tensors:
            raise ValueError(f"tensors of ood must be none for the energy, got {sorted(tensors)}")
        return EnergyDetector(threshold)
    if feature == KNNDetector.feature:
        return _restore_neighbour(threshold, tensors, model)
    shapes = {name.removeprefix(PREFIX): tuple(tensor.shape) for name, tensor in tensors.items()}
    width, classes = features[feature].width(model), len(model.config.labels)
    possible = [
        {"centres": (k, width), "whitening": (width, width), "between": (width,)} for k in range(1, classes + 1)
    ]
    if shapes not in possible:
        raise ValueError(f"tensors of ood must be {possible[-1]} for {classes} classes or fewer, got {shapes}")
    return MahalanobisDetector(
        feature=feature, threshold=threshold, **{name: tensors[PREFIX + name] for name in _TENSORS}
    )


def _restore_neighbour(threshold: float, tensors: dict[str, Tensor], model: Hybrid) -> KNNDetector:
    name, width = PREFIX + "examples", model.core.width_pooled
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    if [*shapes] != [name] or shapes[name][1:] != (width,) or not len(tensors[name]):
        raise ValueError(f"tensors of ood must be {name!r} of shape (N, {width}), got {shapes}")
    return KNNDetector(tensors[name], threshold)
