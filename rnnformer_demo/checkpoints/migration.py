"""Migrations of older cards and weights to the names of today. Each maps what an older version wrote; none invents."""

from typing import Any

_FIELDS = {"trunk": "backbone"}
_READOUTS = {"evidence": "cnn_head"}
_LAYERS = {"recurrent_layers": 1, "attention_layers": 2}  # fields of older configs, and their defaults
_RECURRENT, _ATTENTION = "core.recurrent.", "core.attention."  # lists of blocks before they were one
# Beginnings of their names.
_WEIGHTS = (("trunk.", "backbone."), ("core.lift.", "core.head_conv."), ("core.back.", "core.up_proj."))
_CARD_KEYS = {"rival_of": "baseline_of"}  # keys of format 1


def migrate_card(card: dict[str, Any]) -> dict[str, Any]:
    """Return a card of any format in format 2.

    Format 1 named the hybrid of a baseline `rival_of`, and held the tokenizer of a text model within `preprocessing`:
    it stays there, since the file that holds it today is no part of the card.
    """
    renamed = {_CARD_KEYS.get(key, key): value for key, value in card.items()}
    return renamed | {"format": 2, "config": migrate_config(card["config"])}


def migrate_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return a model's config, as a card of any age has it, in the fields and values of today."""
    config = {_FIELDS.get(field, field): value for field, value in config.items()}
    if "readout" in config:
        config = config | {"readout": _READOUTS.get(config["readout"], config["readout"])}
    if "blocks" not in config:
        config = config | {"blocks": _blocks(config)}
    return {field: value for field, value in config.items() if field not in _LAYERS}


def _blocks(config: dict[str, Any]) -> list[str]:
    """Return the pattern of a config that counted recurrent layers and attention layers above them.

    Where it named no recurrence it had no recurrent layers, whatever their number.
    """
    layers = _LAYERS | {field: config[field] for field in _LAYERS if field in config}
    recurrent = layers["recurrent_layers"] if config.get("recurrence", True) else 0
    return ["recurrent"] * recurrent + ["attention"] * layers["attention_layers"]


def migrate_weight_names(weights: dict[str, Any]) -> dict[str, Any]:
    """Return weights, as a checkpoint of any age names them, under the names of today."""
    recurrent = {name.split(".")[2] for name in weights if name.startswith(_RECURRENT)}
    return {_renamed(name, len(recurrent)): weight for name, weight in weights.items()}


def _renamed(name: str, recurrent: int) -> str:
    """Return the name of today; attention blocks follow so many recurrent ones in one list."""
    for old, new in _WEIGHTS:
        if name.startswith(old):
            return new + name.removeprefix(old)
    for old, above in ((_RECURRENT, 0), (_ATTENTION, recurrent)):
        if name.startswith(old):
            number, rest = name.removeprefix(old).split(".", 1)
            return f"core.blocks.{above + int(number)}.{rest}"
    return name
