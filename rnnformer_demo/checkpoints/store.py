"""Strict saving and loading of `NAME.safetensors`, `NAME.json` and `NAME.tokenizer.json`: never a pickle."""

import tempfile
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..confidence.calibration import NO_SCALING, Temperature
from ..confidence.ood import OODDetector
from ..confidence.writing import WritingCheck
from ..data import Reader, reference_input
from ..data.labels import Raw
from ..models import Hybrid, HybridConfig, build, config_to_dict, freeze
from ..nn.hooks import run
from .aside import full_disk_named
from .bare import complete, read_weights, unfit
from .cards import (
    CARD,
    DIGEST,
    FORMAT,
    TOKENIZER,
    WEIGHTS,
    default_folder,
    names,
    read_card,
    signed,
    size_on_disk,
    write_card,
    write_tokenizer,
)
from .naming import check_name
from .quantisation import pack, unpack

__all__ = [
    "FORMAT",
    "MAX_BYTES",
    "Checkpoint",
    "about_of",
    "default_folder",
    "load",
    "names",
    "read_card",
    "recorded_logits",
    "save",
    "size_on_disk",
]

MAX_BYTES = 10_000_000  # the most that Hugging Face Spaces takes without LFS
_WRITTEN_BY_SAVE = {
    *("format", "name", "modality", "config", "temperature", "temperature_exponent", "parameters"),
    *("recorded", "preprocessing", DIGEST),
}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained model as it lies on disk.

    Attributes:
        name: the stem of its files.
        model: the model in eval mode, no parameter asks for a gradient.
        reader: maps raw input to a `Sample`.
        card: the JSON: labels, metrics, data, command.
        temperature: makes probabilities of logits.
        sha256: the digest of the weights, see `weights_digest`.
        size: bytes of all its files.
        ood: the out-of-distribution detector, which holds arrays of NumPy; None where none was fitted, see `train ood`.
        eight_bit_weights: names of the matrices that are stored in 8 bits; the others lie there in 16.
        writing: names texts that are written as none that the model reads; None for a model of photos.
    """

    name: str
    model: Hybrid
    reader: Reader
    card: dict[str, Any]
    temperature: Temperature
    sha256: str
    size: int
    ood: OODDetector | None
    eight_bit_weights: tuple[str, ...]
    writing: WritingCheck | None

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.model.config.labels

    @property
    def config(self) -> HybridConfig:
        """The model's config."""
        return self.model.config

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the model's weights by their names."""
        return {name: tuple(weight.shape) for name, weight in self.model.named_parameters()}

    @property
    def raw_labels(self) -> Raw:
        """What the training data called the classes; () where it named them."""
        return self.card.get("data", {}).get("labels") or ()

    def probabilities(self, logits: Tensor, steps: Tensor) -> Tensor:
        """Return calibrated probabilities (..., C) of logits (..., C) of inputs with so many real steps (...)."""
        return self.temperature.probabilities(logits, steps)


def load(name: str, folder: Path | None = None) -> Checkpoint:
    """Load a checkpoint.

    Every weight of the model must be there, with the tensors of `ood` where the card has it, and no other.

    Raises:
        InputError: for a name that no checkpoint bears, for files that do not belong together, and damaged ones.
    """
    folder = folder or default_folder()
    weights = read_weights(name, folder)
    stored = {key: torch.from_numpy(array) for key, array in weights.tensors.items()}
    try:
        model = build(weights.card["modality"], weights.config)
        model.load_state_dict({key: _widen(tensor) for key, tensor in unpack(stored).items()}, strict=True)
    except (RuntimeError, ValueError, TypeError, LookupError, MemoryError) as error:
        raise unfit(name, error) from error
    bare = complete(name, folder, weights)
    return Checkpoint(
        name=name,
        model=freeze(model),
        reader=bare.reader,
        card=bare.card,
        temperature=bare.temperature,
        sha256=bare.sha256,
        size=bare.size,
        ood=bare.ood,
        eight_bit_weights=tuple(key for key, tensor in stored.items() if tensor.dtype == torch.int8),
        writing=bare.writing,
    )


def save(
    name: str,
    model: Hybrid,
    reader: Reader,
    about: dict[str, Any],
    temperature: Temperature = NO_SCALING,
    recorded_text: str = "",
    folder: Path | None = None,
    ood: OODDetector | None = None,
    eight_bit_weights: Collection[str] | None = None,
) -> Checkpoint:
    """Write the files of a checkpoint, weights in 16 bits or 8, and return it as it is loaded again.

    Args:
        about: the card beyond config and preprocessing: metrics, data, command; with a detector also "ood", which names
            its feature and its threshold.
        recorded_text: the input whose output is recorded, for a text model.
        ood: the out-of-distribution detector.
        eight_bit_weights: names of the matrices to store in 8 bits; None for those of the model. Those of the
            checkpoint that it was loaded from leave its weights as they are.

    Raises:
        InputError: see `check_name`; and for a detector that is not the one of `about`.
        DiskFullError: where there is no room; the old files are whole then.
    """
    check_name(name)
    folder = folder or default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    preprocessing = reader.preprocessing()
    tokenizer = preprocessing.pop("tokenizer", None)
    card = {
        "format": FORMAT,
        "name": name,
        "modality": model.modality,
        "config": config_to_dict(model.config),
        "temperature": temperature.scale,
        "temperature_exponent": temperature.exponent,
        "parameters": model.parameters_count,
        **about,
        "recorded": {"input": recorded_text},
        "preprocessing": preprocessing,
    }
    # Written aside first. The card, which says which weights it was written for, comes last: where it is missing, the
    # old one betrays that they are not its own.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as aside:
        draft = Path(aside)
        detector = {key: torch.as_tensor(array) for key, array in (ood.tensors() if ood else {}).items()}
        tensors = model.state_dict() | detector
        eight_bits = model.eight_bit_weights if eight_bit_weights is None else eight_bit_weights
        narrow: dict[str, Tensor] = {}
        for key, tensor in tensors.items():
            narrow |= pack(key, tensor) if key in eight_bits else {key: _narrow(tensor).contiguous()}
        with full_disk_named(folder / f"{name}{WEIGHTS}"):
            save_file(narrow, draft / f"{name}{WEIGHTS}")
        (draft / f"{name}{WEIGHTS}").chmod(0o644)  # safetensors writes for the owner alone
        card = signed(name, card, draft)
        if tokenizer is not None:
            write_tokenizer(draft / f"{name}{TOKENIZER}", tokenizer)
        write_card(draft / f"{name}{CARD}", card)
        card["recorded"]["logits"] = recorded_logits(load(name, draft)).tolist()
        write_card(draft / f"{name}{CARD}", card)
        for suffix in (WEIGHTS, *([] if tokenizer is None else [TOKENIZER]), CARD):
            (draft / f"{name}{suffix}").replace(folder / f"{name}{suffix}")
        if tokenizer is None:
            (folder / f"{name}{TOKENIZER}").unlink(missing_ok=True)  # of a text model of that name
    saved = load(name, folder)
    if saved.size > MAX_BYTES:
        warnings.warn(f"{name} has {saved.size:,} bytes: Hugging Face Spaces takes {MAX_BYTES:,}.", stacklevel=2)
    return saved


def about_of(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card without the keys that `save` writes by itself: with it a checkpoint can be saved again."""
    return {key: value for key, value in card.items() if key not in _WRITTEN_BY_SAVE}


def recorded_logits(checkpoint: Checkpoint) -> Tensor:
    """Return the logits (C,) of the input that the checkpoint records."""
    recorded = checkpoint.card["recorded"]["input"]
    sample = checkpoint.reader(reference_input(checkpoint.model.modality, recorded))
    return run(checkpoint.model, sample.inputs, sample.mask)[0]


def _narrow(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def _widen(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
