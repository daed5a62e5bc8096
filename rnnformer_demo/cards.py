"""What lies in a folder of checkpoints, read from the JSON cards alone: no weights, and no torch.

The page and the list of models are built from these while torch is still being imported.
"""

import json
import logging
import os
from pathlib import Path

from .data import InputError

FORMAT = 1
_NEEDED = {
    *("format", "modality", "config", "preprocessing", "temperature", "recorded"),  # to load the model
    *("parameters", "metrics", "data", "command"),  # to list it
}


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
        InputError: for a name that no checkpoint bears, and for a card that is damaged or of another format.
    """
    folder = folder or default_folder()
    if name not in names(folder):
        known = ", ".join(names(folder)) or "none at all"
        raise InputError(f"There is no model {str(name)[:60]!r}: there is {known}.")
    try:
        card = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except ValueError as error:  # neither JSON nor UTF-8
        raise InputError(f"{name}.json is damaged: {error}.") from error
    if not isinstance(card, dict) or not card.keys() >= _NEEDED:
        raise InputError(f"{name}.json is damaged: it must have {', '.join(sorted(_NEEDED))}.")
    if card["format"] != FORMAT:
        raise InputError(f"{name}.json has format {card['format']}, this version reads {FORMAT}: train it again.")
    return card


def size_on_disk(name: str, folder: Path | None = None) -> int:
    """Bytes of both files of a checkpoint."""
    folder = folder or default_folder()
    return sum((folder / f"{name}{suffix}").stat().st_size for suffix in (".safetensors", ".json"))


def list_models(folder: Path | None = None) -> list[dict]:
    """The object that `models --json` gives: every checkpoint whose card can be read; others are logged."""
    listed = []
    for name in names(folder):
        try:
            card = read_card(name, folder)
        except InputError as error:  # one bad card must not take the others along
            logging.getLogger(__name__).warning("%s is not listed: %s", name, error)
            continue
        listed.append(
            {
                "name": name,
                "modality": card["modality"],
                "labels": card["config"].get("labels", []),
                "parameters": card["parameters"],
                "bytes": size_on_disk(name, folder),
                "metrics": card["metrics"],
            }
        )
    return listed


def markdown_table(folder: Path | None = None) -> str:
    """The table of models in README.md, from the cards: `python -m rnnformer_demo models --markdown`."""
    lines = [
        "| model | classes | trained on | weights | MB | tested on | n | accuracy (95 % interval) | macro F1 | ECE |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in names(folder):
        card = read_card(name, folder)
        size = size_on_disk(name, folder) / 1e6
        trained_on = f"{card['data']['trained_on']:,} of {card['data']['rows']:,}"
        about = f"`{name}` | {len(card['config']['labels'])} | {trained_on} | {card['parameters']:,} | {size:.1f}"
        for test, figures in card["metrics"].items():
            low, high = figures["interval"]
            lines.append(
                f"| {about} | {test.replace('_', ' ')} | {figures['n']:,} | {figures['accuracy']:.1%} "
                f"({low:.1%} to {high:.1%}) | {figures['macro_f1']:.3f} | {figures['ece']:.1%} |"
            )
            about = " | | | | "  # said once for each model
    return "\n".join(lines)


def training_commands(folder: Path | None = None) -> str:
    """The commands in README.md that train the models again, from the cards."""
    return "\n".join(read_card(name, folder)["command"] for name in names(folder))
