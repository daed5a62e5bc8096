"""Features of a forward pass whose distance from the training inputs shows an out-of-distribution input.

The right feature depends on the task. Training keeps in the pooled representation the separation of the classes
and drops the rest: a model of topics recognises foreign text by that representation; a model of sentiment, which no
topic concerns, by the mean of its word vectors, or by both together. An input that is no photo at all shows halfway
through the CNN, whose last grid has forgotten it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from ...models import Hybrid

if TYPE_CHECKING:
    from ...models import ImageConfig


@dataclass(frozen=True)
class Feature:
    """A part of a forward pass that is compared with the training data.

    Attributes:
        kinds: the hook points that a model must have to offer it.
        about: its description, in words that follow "the distance of".
        read: maps the captured tensors by hook point, and the mask (B, T), to the vectors of S steps (B, S, E) and
            their mask (B, S).
        width: E for a model.
        modality: the modality of the models that offer it; None for all.
    """

    kinds: tuple[str, ...]
    about: str
    read: Callable[[dict[str, Tensor], Tensor], tuple[Tensor, Tensor]]
    width: Callable[[Hybrid], int]
    modality: str | None = None


def mean_of_steps(vectors: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the means (B, E) of vectors (B, S, E) over the steps that are real by their mask (B, S), and how many
    those are (B,)."""
    steps = mask.sum(1)
    return (vectors * mask[..., None]).sum(1) / steps[:, None], steps


def _tokens(captured: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return each token with its length, which sets a text of unknown words apart: its vectors lie amid the others."""
    tokens = captured["tokens"]
    return torch.cat([tokens, tokens.norm(dim=-1, keepdim=True)], dim=-1), mask


def _pooled(captured: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    return captured["pooled"][:, None], mask.new_ones(len(mask), 1)


def _joint(captured: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the words and the pooled representation side by side."""
    pooled, one = _pooled(captured, mask)
    means, _ = mean_of_steps(*_tokens(captured, mask))
    return torch.cat([pooled, means[:, None]], dim=-1), one


def _texture(captured: dict[str, Tensor], mask: Tensor) -> tuple[Tensor, Tensor]:
    return captured["texture"].mean((-2, -1))[:, None], mask.new_ones(len(mask), 1)


def _texture_channels(model: Hybrid) -> int:
    return cast("ImageConfig", model.config).texture_channels


FEATURES = {
    "tokens": Feature(
        ("tokens",), "the mean token and the tokens' mean length", _tokens, lambda model: model.core.width_in + 1
    ),
    "pooled": Feature(("pooled",), "the pooled representation", _pooled, lambda model: model.core.width_pooled),
    # A grid of 1,280 channels would make it too wide to store, and foreign photos show in their texture.
    "joint": Feature(
        ("pooled", "tokens"),
        "the pooled representation, the mean token and the tokens' mean length",
        _joint,
        lambda model: model.core.width_pooled + model.core.width_in + 1,
        modality="text",
    ),
    "texture": Feature(("texture",), "the mean of the CNN's finer grid", _texture, _texture_channels),
}


def features_of(model: Hybrid) -> dict[str, Feature]:
    """Return those of `FEATURES` that a model offers."""
    return {
        name: feature
        for name, feature in FEATURES.items()
        if all(map(model.hook_points, feature.kinds)) and feature.modality in (None, model.modality)
    }
