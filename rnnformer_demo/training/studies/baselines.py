"""Baselines of a hybrid: an LSTM, a GRU or a Transformer of the same class with as many parameters; and for photos
the CNN alone, which has fewer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ...data import InputError
from ...models import HybridConfig, build, stacked
from ...models.config import Config
from ...nn.cells import CELLS

if TYPE_CHECKING:
    from ...models import ImageConfig

BASELINES = (*CELLS, "transformer")
CNN = "cnn"  # of an image hybrid: there is nothing in it that could be made larger, so it need not match
TOLERANCE = 0.03  # of the hybrid's parameters
_MOST_LAYERS, _MOST_EXPANSION = 12, 8


def baseline_config(modality: str, config: Config, kind: str) -> Config:
    """Return the config of the baseline whose number of parameters comes nearest to the hybrid's.

    A recurrent baseline has no attention layers and more units; a Transformer has position encodings, no recurrence,
    and more or wider layers. The CNN has the mean of its grid and a linear layer on it, and whatever size that makes.
    All else is the hybrid's.

    Args:
        kind: one of `BASELINES`, or `CNN` for photos.

    Raises:
        InputError: for an unknown kind, and where none comes within `TOLERANCE`.
    """
    known = (*BASELINES, CNN) if modality == "image" else BASELINES
    if kind not in known:
        raise InputError(f"--baseline must be one of {', '.join(known)}, got {kind!r}.")
    if kind == CNN:
        return cast(Config, cnn_config(cast("ImageConfig", config)))
    if kind == "transformer":
        return _nearest(modality, _transformers(config), config)
    blocks = stacked(max(1, config.n_recurrent), 0)
    return matched_units(modality, replace(config, recurrence=(kind,), blocks=blocks, positions=False), config)


def cnn_config(config: ImageConfig) -> ImageConfig:
    """Return the config of global average pooling and a linear layer on the channels of a hybrid's CNN."""
    return replace(
        config,
        recurrence=(),
        blocks=(),
        positions=False,
        head_layers=(),
        heads=1,
        pooling="mean",
        width=config.channels,
        readout="states",
    )


def matched_units(modality: str, config: Config, hybrid: HybridConfig) -> Config:
    """Return a recurrent config with so many units that its number of parameters comes nearest to the hybrid's.

    Raises:
        InputError: where none comes within `TOLERANCE`.
    """
    return _nearest(modality, _units_around(modality, config, _parameters(modality, hybrid)), hybrid)


def _nearest(modality: str, candidates: Iterator[Config], hybrid: HybridConfig) -> Config:
    goal = _parameters(modality, hybrid)
    sizes = [(_parameters(modality, candidate), candidate) for candidate in candidates]
    count, nearest = min(sizes, key=lambda pair: abs(pair[0] - goal))
    if abs(count - goal) > TOLERANCE * goal:
        raise InputError(f"No such baseline has about {goal:,} parameters: the nearest has {count:,}.")
    return nearest


def _units_around(modality: str, plain: Config, goal: int) -> Iterator[Config]:
    """Yield the two neighbours between which the number of units lies, by bisection."""
    low, high = 1, 8
    while _parameters(modality, replace(plain, units=high)) < goal:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _parameters(modality, replace(plain, units=middle)) < goal:
            low = middle
        else:
            high = middle
    yield replace(plain, units=low)
    yield replace(plain, units=high)


def _transformers(config: Config) -> Iterator[Config]:
    for layers in range(1, _MOST_LAYERS + 1):
        for expansion in range(1, _MOST_EXPANSION + 1):
            yield replace(config, recurrence=(), blocks=stacked(0, layers), positions=True, expansion=expansion)


def _parameters(modality: str, config: HybridConfig) -> int:
    return build(modality, config).parameters_count
