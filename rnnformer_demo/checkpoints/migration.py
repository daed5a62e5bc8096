"""Migrations of older cards and weights to the names of today. Each maps what an older version wrote; none invents."""

from typing import Any

_READOUTS = {"evidence": "cnn_head"}
_WEIGHTS = (("core.lift.", "core.head_conv."), ("core.back.", "core.up_proj."))  # beginnings of their names
_CARD_KEYS = {"rival_of": "baseline_of"}  # of format 1


def migrate_card(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card of any format in format 2.

    Format 1 named the hybrid of a baseline `rival_of`, and held the tokenizer of a text model within `preprocessing`:
    it stays there, since the file that holds it today is no part of the card.
    """
    renamed = {_CARD_KEYS.get(key, key): value for key, value in card.items()}
    return renamed | {"format": 2, "config": migrate_config(card["config"])}


def migrate_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return a model's config, as a card of any age has it, in the fields and values of today."""
    if "readout" in config:
        config = config | {"readout": _READOUTS.get(config["readout"], config["readout"])}
    return config


def migrate_weight_names(weights: dict[str, Any]) -> dict[str, Any]:
    """Return weights, as a checkpoint of any age names them, under the names of today."""
    return {_renamed(name): weight for name, weight in weights.items()}


def _renamed(name: str) -> str:
    for old, new in _WEIGHTS:
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name
