"""Recipes that runs leave beside their results and that cards store."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...checkpoints.aside import write_aside
from .files import find, names
from .stages import checkpoint_name, stage_of

_FILE = "recipe.json"


def keep_stages(name: str, stages: Sequence[dict], runs: Path) -> None:
    """Write the stages beside what they left in `runs/NAME`, for the card of the model that is made from it."""
    text = json.dumps({"name": name, "stages": list(stages)}, ensure_ascii=False, indent=1)
    write_aside(runs / name / _FILE, text + "\n")


def is_kept(name: str, runs: Path) -> bool:
    """Tell if there is something in `runs/NAME` that a finished stage left, see `keep_stages`."""
    return (runs / name / _FILE).exists()


def stages_in_runs(name: str, runs: Path) -> list[dict]:
    """Return the stages that made `runs/NAME`, or where text models of one's own teach, those of their card."""
    left = runs / name / _FILE
    if left.exists():
        return json.loads(left.read_text(encoding="utf-8"))["stages"]
    cards = sorted(runs.glob(f"{name}-seed*/{name}.json"))
    return stages_in_card(json.loads(cards[0].read_text(encoding="utf-8"))) if cards else []


def stages_in_card(card: dict) -> list[dict]:
    """Return the stages that a card tells of, in their order.

    A card that an older version wrote holds commands: those of a shipped model are its recipe's stages, any other is a
    stage {"command": ...}, which can be read and not be run.
    """
    recipe = card.get("recipe", {})
    if "stages" in recipe:
        return recipe["stages"]
    if card["name"] in names():
        return [stage_of(config) for config in find(card["name"]).stages if stage_of(config)["task"] != "ood"]
    return [{"command": command} for command in (*card.get("stages", ()), card["command"])]


def recipe_of(card: dict) -> dict:
    """Return what made a model, {"name": ..., "stages": [...]}: its detector's stage is the last, if it has one."""
    detector = card.get("ood", {}).get("recipe")
    return {"name": card["name"], "stages": [*stages_in_card(card), *([detector] if detector else [])]}


def recipe_record(config: Any, runs: Path, start: dict | None = None) -> dict:
    """Return the recipe that a new card stores: the stages before a task, and the task.

    Args:
        config: of the task.
        runs: where teachers and encoders lie.
        start: card of the model that training starts from.
    """
    data = config.data
    earlier = [*getattr(data, "teacher", ()), *filter(None, [getattr(config, "encoders", None)])]
    stages = stages_in_card(start) if start else []
    stages += [stage for name in earlier for stage in stages_in_runs(name, runs)]
    unique = [stage for index, stage in enumerate(stages) if stage not in stages[:index]]
    own = stage_of(config)
    return {"name": checkpoint_name(own), "stages": [*unique, own]}
