"""The cards of a folder of checkpoints: which there are, and what stands in them."""

import json
import logging
import os
from pathlib import Path

from ..data import InputError

FORMAT = 1
_NEEDED = {
    *("format", "modality", "config", "preprocessing", "temperature", "recorded"),  # to load the model
    *("parameters", "metrics", "data", "command"),  # to list it
}
_RIVALS = ("lstm", "gru", "transformer", "cnn")  # as they follow their hybrid


def default_folder() -> Path:
    """`checkpoints/` beside the package, or what RNNFORMER_CHECKPOINTS names."""
    return Path(os.environ.get("RNNFORMER_CHECKPOINTS") or Path(__file__).resolve().parents[2] / "checkpoints")


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


def in_families(folder: Path | None = None) -> dict[str, dict]:
    """The cards by name: each hybrid by its name, then its rivals in the order of their kinds.

    Raises:
        InputError: see `read_card`.
    """
    return by_family({name: read_card(name, folder) for name in names(folder)})


def by_family(cards: dict[str, dict]) -> dict[str, dict]:
    """Cards by name in the order of `in_families`."""

    def place(name: str) -> tuple:
        hybrid = cards[name].get("rival_of")
        if hybrid not in cards:
            return name, -1, name
        kind = name.removeprefix(f"{hybrid}-")
        return hybrid, _RIVALS.index(kind) if kind in _RIVALS else len(_RIVALS), name

    return {name: cards[name] for name in sorted(cards, key=place)}


def size_on_disk(name: str, folder: Path | None = None) -> int:
    """Bytes of both files of a checkpoint."""
    folder = folder or default_folder()
    return sum((folder / f"{name}{suffix}").stat().st_size for suffix in (".safetensors", ".json"))


def readable_cards(folder: Path | None = None) -> dict[str, dict]:
    """The card of every checkpoint whose card can be read, by name; others are logged."""
    cards = {}
    for name in names(folder):
        try:
            cards[name] = read_card(name, folder)
        except InputError as error:  # one bad card must not take the others along
            logging.getLogger(__name__).warning("%s is not listed: %s", name, error)
    return cards


def list_models(folder: Path | None = None) -> list[dict]:
    """The object that `models --json` gives: an entry for each of `readable_cards`."""
    return [entry(name, card, folder) for name, card in readable_cards(folder).items()]


def entry(name: str, card: dict, folder: Path | None = None) -> dict:
    """What a list of models says of one."""
    return {
        "name": name,
        "modality": card["modality"],
        "labels": card["config"].get("labels", []),
        "parameters": card["parameters"],
        "bytes": size_on_disk(name, folder),
        "metrics": card["metrics"],
    }
