"""Strict saving and loading of `<name>.safetensors` + `<name>.json`, and nothing else: never a pickle."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .data import InputError, Sample, make_reader, recorded_input
from .models import Hybrid, build, config_from_dict, config_to_dict, freeze

FORMAT = 1
MAX_BYTES = 10_000_000  # what Hugging Face Spaces takes without LFS
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Checkpoint:
    """A trained model as it lies on disk.

    Attributes:
        name: of its two files.
        model: in eval mode, no parameter asks for a gradient.
        reader: raw input to `Sample`.
        card: what the JSON says: labels, metrics, data, command.
        temperature: by which logits are divided before the softmax.
        sha256: of the weights file.
        size: bytes of both files.
    """

    name: str
    model: Hybrid
    reader: Callable[..., Sample]
    card: dict
    temperature: float
    sha256: str
    size: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.model.config.labels

    def probabilities(self, logits: Tensor) -> Tensor:
        """Logits (..., C) to calibrated probabilities (..., C)."""
        return (logits / self.temperature).softmax(-1)


def default_folder() -> Path:
    """`checkpoints/` beside the package, or what RNNFORMER_CHECKPOINTS names."""
    return Path(os.environ.get("RNNFORMER_CHECKPOINTS") or Path(__file__).resolve().parent.parent / "checkpoints")


def names(folder: Path | None = None) -> list[str]:
    """Names of the checkpoints in a folder, sorted."""
    folder = folder or default_folder()
    return sorted(path.stem for path in folder.glob("*.json") if path.with_suffix(".safetensors").exists())


def read_card(name: str, folder: Path | None = None) -> dict:
    """The JSON of a checkpoint, without loading its weights.

    Raises:
        InputError: for a name that no checkpoint bears.
    """
    folder = folder or default_folder()
    if name not in names(folder):
        known = ", ".join(names(folder)) or "none at all"
        raise InputError(f"There is no model {str(name)[:60]!r}: there is {known}.")
    card = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    if card.get("format") != FORMAT:
        raise InputError(f"{name}.json has format {card.get('format')}, this version reads {FORMAT}: train it again.")
    return card


def size_on_disk(name: str, folder: Path | None = None) -> int:
    """Bytes of both files of a checkpoint."""
    folder = folder or default_folder()
    return sum((folder / f"{name}{suffix}").stat().st_size for suffix in (".safetensors", ".json"))


def load(name: str, folder: Path | None = None) -> Checkpoint:
    """Loads a checkpoint: every weight of the model must be there, and no other.

    Raises:
        InputError: for a name that no checkpoint bears, or files that do not belong together.
    """
    folder = folder or default_folder()
    card = read_card(name, folder)
    weights = folder / f"{name}.safetensors"
    model = build(card["modality"], config_from_dict(card["modality"], card["config"]))
    try:
        tensors = load_file(weights)
        model.load_state_dict({key: _widen(tensor) for key, tensor in tensors.items()}, strict=True)
    except (SafetensorError, RuntimeError) as error:
        raise InputError(f"{weights.name} does not fit {name}.json: {str(error)[:300]}") from error
    return Checkpoint(
        name=name,
        model=freeze(model),
        reader=make_reader(card["modality"], card["preprocessing"]),
        card=card,
        temperature=card["temperature"],
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
        size=size_on_disk(name, folder),
    )


def save(
    name: str,
    model: Hybrid,
    reader: Callable[..., Sample],
    about: dict,
    temperature: float = 1.0,
    recorded_text: str = "",
    folder: Path | None = None,
) -> Checkpoint:
    """Writes both files, weights in 16 bits, and returns what was written, loaded again.

    Args:
        about: what the JSON says beyond config and preprocessing: metrics, data, command.
        recorded_text: the input whose output is recorded, for a text model.

    Raises:
        InputError: for a name that is no plain file name.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"A model's name must be made of a-z, 0-9, '.', '_' and '-', got {name[:60]!r}.")
    folder = folder or default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: _narrow(tensor).contiguous() for key, tensor in model.state_dict().items()}
    weights = folder / f"{name}.safetensors"
    save_file(tensors, weights)
    weights.chmod(0o644)  # safetensors writes for the owner alone
    card = {
        "format": FORMAT,
        "name": name,
        "modality": model.modality,
        "config": config_to_dict(model.config),
        "temperature": temperature,
        "parameters": model.parameters_count,
        **about,
        "recorded": {"input": recorded_text},
        "preprocessing": reader.preprocessing(),
    }
    path = folder / f"{name}.json"
    _write_card(path, card)
    saved = load(name, folder)
    card["recorded"]["logits"] = recorded_logits(saved).tolist()
    _write_card(path, card)
    return load(name, folder)


def recorded_logits(checkpoint: Checkpoint) -> Tensor:
    """Logits (C,) for the input that the checkpoint records."""
    recorded = checkpoint.card["recorded"]["input"]
    sample = checkpoint.reader(recorded_input(checkpoint.model.modality, recorded))
    with torch.no_grad():
        return checkpoint.model(sample.inputs, sample.mask)[0]


def _write_card(path: Path, card: dict) -> None:
    """Readable where a person reads, compact where only the tokenizer does."""
    head = {key: value for key, value in card.items() if key != "preprocessing"}
    text = json.dumps(head, indent=1, ensure_ascii=False)
    tail = json.dumps(card["preprocessing"], ensure_ascii=False, separators=(",", ":"))
    path.write_text(f'{text[:-2]},\n "preprocessing": {tail}\n}}\n', encoding="utf-8")


def _narrow(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def _widen(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
