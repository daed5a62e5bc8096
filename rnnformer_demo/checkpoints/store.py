"""Strict saving and loading of `<name>.safetensors` + `<name>.json`, and nothing else: never a pickle."""

import hashlib
import json
import re
import tempfile
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..confidence.calibration import NO_SCALING, Temperature
from ..confidence.ood import PREFIX, OODDetector, restore
from ..data import InputError, Sample, make_reader, reference_input
from ..models import Hybrid, build, config_from_dict, config_to_dict, freeze
from .cards import FORMAT, default_folder, names, read_card, size_on_disk
from .migration import migrate_config, migrate_weight_names
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

MAX_BYTES = 10_000_000  # what Hugging Face Spaces takes without LFS
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_WRITTEN_BY_SAVE = {
    *("format", "name", "modality", "config", "temperature", "temperature_exponent", "parameters"),
    *("recorded", "preprocessing"),
}


@dataclass(frozen=True)
class Checkpoint:
    """A trained model as it lies on disk.

    Attributes:
        name: of its two files.
        model: in eval mode, no parameter asks for a gradient.
        reader: raw input to `Sample`.
        card: what the JSON says: labels, metrics, data, command.
        temperature: makes probabilities of logits.
        sha256: of the weights file.
        size: bytes of both files.
        ood: tells what is out of domain; None where nothing was fitted, see `train ood`.
        eight_bit_weights: names of the matrices that are stored in 8 bits; the others lie there in 16.
    """

    name: str
    model: Hybrid
    reader: Callable[..., Sample]
    card: dict
    temperature: Temperature
    sha256: str
    size: int
    ood: OODDetector | None
    eight_bit_weights: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.model.config.labels

    def probabilities(self, logits: Tensor, steps: Tensor) -> Tensor:
        """Logits (..., C) of inputs with so many real steps (...) to calibrated probabilities (..., C)."""
        return self.temperature.probabilities(logits, steps)


def load(name: str, folder: Path | None = None) -> Checkpoint:
    """Loads a checkpoint: every weight of the model must be there, with the tensors of `ood` where the card has it, and
    no other.

    Raises:
        InputError: for a name that no checkpoint bears, or files that do not belong together.
    """
    folder = folder or default_folder()
    card = read_card(name, folder)
    weights = folder / f"{name}.safetensors"
    try:
        model = build(card["modality"], config_from_dict(card["modality"], migrate_config(card["config"])))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}.json is damaged: {error}.") from error
    try:
        stored = load_file(weights)
        tensors = {key: _widen(tensor) for key, tensor in migrate_weight_names(unpack(stored)).items()}
        ood = _take_ood(card["ood"], tensors, model) if "ood" in card else None
        model.load_state_dict(tensors, strict=True)
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise InputError(f"{weights.name} does not fit {name}.json: {str(error)[:300]}") from error
    return Checkpoint(
        name=name,
        model=freeze(model),
        reader=make_reader(card["modality"], card["preprocessing"]),
        card=card,
        temperature=Temperature(card["temperature"], card.get("temperature_exponent", 0.0)),
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
        size=size_on_disk(name, folder),
        ood=ood,
        eight_bit_weights=tuple(
            key for key, tensor in migrate_weight_names(stored).items() if tensor.dtype == torch.int8
        ),
    )


def _take_ood(card: Any, tensors: dict[str, Tensor], model: Hybrid) -> OODDetector:
    """Takes the tensors of the signal out of those of the checkpoint."""
    return restore(card, {key: tensors.pop(key) for key in [*tensors] if key.startswith(PREFIX)}, model)


def save(
    name: str,
    model: Hybrid,
    reader: Callable[..., Sample],
    about: dict,
    temperature: Temperature = NO_SCALING,
    recorded_text: str = "",
    folder: Path | None = None,
    ood: OODDetector | None = None,
    eight_bit_weights: Collection[str] | None = None,
) -> Checkpoint:
    """Writes both files, weights in 16 bits or 8, and returns what was written, loaded again.

    Args:
        about: what the JSON says beyond config and preprocessing: metrics, data, command; with a signal also "ood",
            which names its feature and its threshold.
        recorded_text: the input whose output is recorded, for a text model.
        ood: what tells what is out of domain.
        eight_bit_weights: names of the matrices to store in 8 bits; None for those of the model. Those of the
            checkpoint that it was loaded from leave its weights as they are.

    Raises:
        InputError: for a name that is no plain file name, and for a signal that is not the one of `about`.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"A model's name must be made of a-z, 0-9, '.', '_' and '-', got {name[:60]!r}.")
    folder = folder or default_folder()
    folder.mkdir(parents=True, exist_ok=True)
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
        "preprocessing": reader.preprocessing(),
    }
    # Written aside first: an interruption never leaves weights without their card in the folder.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as aside:
        draft = Path(aside)
        tensors = model.state_dict() | (ood.tensors() if ood else {})
        eight_bits = model.eight_bit_weights if eight_bit_weights is None else eight_bit_weights
        narrow: dict[str, Tensor] = {}
        for key, tensor in tensors.items():
            narrow |= pack(key, tensor) if key in eight_bits else {key: _narrow(tensor).contiguous()}
        save_file(narrow, draft / f"{name}.safetensors")
        (draft / f"{name}.safetensors").chmod(0o644)  # safetensors writes for the owner alone
        write_card(draft / f"{name}.json", card)
        card["recorded"]["logits"] = recorded_logits(load(name, draft)).tolist()
        write_card(draft / f"{name}.json", card)
        for suffix in (".safetensors", ".json"):
            (draft / f"{name}{suffix}").replace(folder / f"{name}{suffix}")
    saved = load(name, folder)
    if saved.size > MAX_BYTES:
        warnings.warn(f"{name} has {saved.size:,} bytes: Hugging Face Spaces takes {MAX_BYTES:,}.", stacklevel=2)
    return saved


def about_of(card: dict) -> dict:
    """What a card says beyond what `save` writes by itself: with it a checkpoint can be saved again."""
    return {key: value for key, value in card.items() if key not in _WRITTEN_BY_SAVE}


def recorded_logits(checkpoint: Checkpoint) -> Tensor:
    """Logits (C,) for the input that the checkpoint records."""
    recorded = checkpoint.card["recorded"]["input"]
    sample = checkpoint.reader(reference_input(checkpoint.model.modality, recorded))
    with torch.no_grad():
        return checkpoint.model(sample.inputs, sample.mask)[0]


def write_card(path: Path, card: dict) -> None:
    """One key a line: short enough to read, and a confusion matrix of 101 classes stays one line."""
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in card.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _narrow(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def _widen(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
