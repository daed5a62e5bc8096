"""What lies in a folder of checkpoints, read from the JSON cards alone: no weights, and no torch.

The page and the list of models are built from these while torch is still being imported.
"""

import json
import os
from pathlib import Path

from .data.errors import InputError

FORMAT = 1


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


def list_models(folder: Path | None = None) -> list[dict]:
    """The object that `models --json` gives: every checkpoint, from its card."""
    listed = []
    for name in names(folder):
        card = read_card(name, folder)
        listed.append(
            {
                "name": name,
                "modality": card["modality"],
                "labels": card["config"]["labels"],
                "parameters": card["parameters"],
                "bytes": size_on_disk(name, folder),
                "metrics": card["metrics"],
            }
        )
    return listed
