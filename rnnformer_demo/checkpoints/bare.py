"""Checkpoints without modules of torch: all that a prediction by graphs needs."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from ..confidence.calibration import Temperature
from ..confidence.ood import PREFIX, OODDetector, restore
from ..confidence.writing import WritingCheck
from ..data import InputError, Reader, make_reader
from ..data.labels import Raw
from ..data.text import TextReader
from ..graphs.builder import SCALE
from ..models import HybridConfig, config_from_dict
from .cards import (
    CARD,
    WEIGHTS,
    check_weights,
    default_folder,
    preprocessing_of,
    read_card,
    size_on_disk,
    weights_digest,
)
from .migration import migrate_weight_names


@dataclass(frozen=True, eq=False)
class BareCheckpoint:
    """A trained model as it lies on disk, but for its modules.

    Attributes:
        name: the stem of its files.
        config: the model's config.
        reader: maps raw input to a `Sample`.
        card: the JSON: labels, metrics, data, command.
        temperature: makes probabilities of logits.
        sha256: the digest of the weights, see `weights_digest`.
        size: bytes of all its files.
        ood: the out-of-distribution detector; None where none was fitted, see `train ood`.
        writing: names texts that are written as none that the model reads; None for a model of photos.
        tensors: the weights as they are stored, under the names of today.
    """

    name: str
    config: HybridConfig
    reader: Reader
    card: dict[str, Any]
    temperature: Temperature
    sha256: str
    size: int
    ood: OODDetector | None
    writing: WritingCheck | None
    tensors: dict[str, np.ndarray]

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.config.labels

    @property
    def raw_labels(self) -> Raw:
        """What the training data called the classes; () where it named them."""
        return self.card.get("data", {}).get("labels") or ()

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the model's weights by their names."""
        return {name: array.shape for name, array in self.tensors.items() if not name.endswith(SCALE)}


@dataclass(frozen=True)
class Weights:
    """What a card and its weights say together: the card, the model's config, its tensors and its detector."""

    card: dict[str, Any]
    config: HybridConfig
    tensors: dict[str, np.ndarray]
    ood: OODDetector | None


def load_bare(name: str, folder: Path | None = None) -> BareCheckpoint:
    """Load a checkpoint without its modules.

    Raises:
        InputError: for a name that no checkpoint bears, for files that do not belong together, and damaged ones.
    """
    folder = folder or default_folder()
    checkpoint = complete(name, folder, read_weights(name, folder))
    count = sum(prod(shape) for shape in checkpoint.shapes.values())
    if count != checkpoint.card["parameters"]:  # no module is there to refuse weights of other shapes
        raise unfit(name, ValueError(f"there must be {checkpoint.card['parameters']:,} weights, got {count:,}"))
    return checkpoint


def read_weights(name: str, folder: Path) -> Weights:
    """Read a card and the weights beside it.

    Raises:
        InputError: see `load_bare`.
    """
    card = read_card(name, folder)
    try:
        config = config_from_dict(card["modality"], card["config"])
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise InputError(f"{name}{CARD} is damaged: {error}.") from error
    try:
        tensors = migrate_weight_names(load_file(folder / f"{name}{WEIGHTS}"))
        ood = _take_ood(card["ood"], tensors, config) if "ood" in card else None
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise unfit(name, error) from error
    for key, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise unfit(name, ValueError(f"{key} must be finite"))
    return Weights(card, config, tensors, ood)


def complete(name: str, folder: Path, weights: Weights) -> BareCheckpoint:
    """Return a checkpoint of weights that fit their card.

    Raises:
        InputError: for weights that are not those of the card, and for a reader that cannot be made.
    """
    check_weights(name, folder)  # of what can be read, for its sentence says less
    card = weights.card
    preprocessing = preprocessing_of(name, folder)
    try:
        reader = make_reader(card["modality"], preprocessing)
        writing = WritingCheck(reader) if isinstance(reader, TextReader) else None
    except Exception as error:  # `tokenizers` raises nothing narrower for a tokenizer that is none
        raise InputError(f"{name} has no reader that works: {str(error)[:200]}") from error
    return BareCheckpoint(
        name=name,
        config=weights.config,
        reader=reader,
        card=card,
        temperature=Temperature(card["temperature"], card.get("temperature_exponent", 0.0)),
        sha256=weights_digest(name, folder),
        size=size_on_disk(name, folder),
        ood=weights.ood,
        writing=writing,
        tensors=weights.tensors,
    )


def _take_ood(card: Any, tensors: dict[str, np.ndarray], config: HybridConfig) -> OODDetector:
    """Take the tensors of the detector out of those of the checkpoint."""
    taken = {key: tensors.pop(key) for key in [*tensors] if key.startswith(PREFIX)}
    return restore(card, {key: array.astype(np.float32) for key, array in taken.items()}, config)


def unfit(name: str, error: Exception) -> InputError:
    """Return the error of weights that do not fit the card."""
    return InputError(f"{name}{WEIGHTS} does not fit {name}{CARD}: {str(error)[:300]}")
