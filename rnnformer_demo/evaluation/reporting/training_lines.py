"""Commands that train a model again."""

from pathlib import Path

from ...checkpoints.cards import default_folder

_RECIPES = Path(__file__).resolve().parents[2] / "training" / "recipes"
_TRAIN = "python -m rnnformer_demo train"


def training_lines(name: str, card: dict, folder: Path | None = None) -> list[str]:
    """Return the commands, each a line: the recipe that bears the model's name, or the one in its card, or what a card
    of an older version records."""
    if (_RECIPES / f"{name}.json").exists():
        return [f"{_TRAIN} --recipe {name}"]
    if "stages" in card.get("recipe", {}):
        return [f"{_TRAIN} --recipe {(folder or default_folder()).name}/{name}.json"]
    return [*card.get("stages", ()), card["command"]]
