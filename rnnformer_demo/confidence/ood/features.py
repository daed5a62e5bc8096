"""Features of a forward pass whose distance from the training inputs shows an out-of-distribution input.

The right feature depends on the task. Training keeps in the pooled representation the separation of the classes
and drops the rest: a model of topics recognises foreign text by that representation; a model of sentiment, which no
topic concerns, by the mean of its word vectors, or by both together. An input that is no photo at all shows halfway
through the CNN, whose last grid has forgotten it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ...models import HybridConfig
from ..arrays import Array, functions_of, like

if TYPE_CHECKING:
    from ...models import ImageConfig


@dataclass(frozen=True)
class Feature:
    """A part of a forward pass that is compared with the training data.

    Attributes:
        about: its description, in words that follow "the distance of".
        read: maps the captured tensors by hook point, and the mask (B, T), to the vectors of S steps (B, S, E) and
            their mask (B, S).
        width: E by a model's config; 0 for one that does not offer it.
    """

    about: str
    read: Callable[[Mapping[str, Array], Array], tuple[Array, Array]]
    width: Callable[[HybridConfig], int]


def mean_of_steps(vectors: Array, mask: Array) -> tuple[Array, Array]:
    """Return the means (B, E) of vectors (B, S, E) over the steps that are real by their mask (B, S), and how many
    those are (B,)."""
    steps = mask.sum(1)
    # In the precision of the vectors: else NumPy would widen them, and a detector's matrices, at every call.
    real = like(mask, vectors)
    return (real[:, None] @ vectors)[:, 0] / real.sum(1)[:, None], steps


def _tokens(captured: Mapping[str, Array], mask: Array) -> tuple[Array, Array]:
    """Return each token with its length, which sets a text of unknown words apart: its vectors lie amid the others."""
    tokens = captured["tokens"]
    functions = functions_of(tokens)
    lengths = functions.sqrt(functions.sum(tokens * tokens, axis=-1, keepdims=True))
    return functions.concat([tokens, lengths], axis=-1), mask


def _pooled(captured: Mapping[str, Array], mask: Array) -> tuple[Array, Array]:
    return captured["pooled"][:, None], _one(mask)


def _joint(captured: Mapping[str, Array], mask: Array) -> tuple[Array, Array]:
    """Return the words and the pooled representation side by side."""
    pooled, one = _pooled(captured, mask)
    means, _ = mean_of_steps(*_tokens(captured, mask))
    return functions_of(pooled).concat([pooled, means[:, None]], axis=-1), one


def _texture(captured: Mapping[str, Array], mask: Array) -> tuple[Array, Array]:
    return captured["texture"].mean((-2, -1))[:, None], _one(mask)


def _one(mask: Array) -> Array:
    """Return the mask (B, 1) of inputs of a single step."""
    return mask[:, :1] | True


def _texture_channels(config: HybridConfig) -> int:
    return cast("ImageConfig", config).texture_channels if hasattr(config, "texture_channels") else 0


FEATURES = {
    "tokens": Feature("the mean token and the tokens' mean length", _tokens, lambda config: config.token_width + 1),
    "pooled": Feature("the pooled representation", _pooled, lambda config: config.pooled_width),
    # A grid of 1,280 channels would make it too wide to store, and foreign photos show in their texture.
    "joint": Feature(
        "the pooled representation, the mean token and the tokens' mean length",
        _joint,
        lambda config: config.pooled_width + config.token_width + 1 if hasattr(config, "vocabulary") else 0,
    ),
    "texture": Feature("the mean of the CNN's finer grid", _texture, _texture_channels),
}


def features_of(config: HybridConfig) -> dict[str, Feature]:
    """Return the features that models of a config offer."""
    return {name: feature for name, feature in FEATURES.items() if feature.width(config)}
