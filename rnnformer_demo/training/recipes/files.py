"""Recipe files: `NAME.json` in this folder for each shipped model, or a file of one's own.

A recipe holds "name", "card" (task, limits, examples), "shared" (keys of every stage whose task has them) and "stages"
in the order in which they run. {"extends": NAME, "baseline": KIND} is the recipe of a hybrid's baseline; its own
"stages" change those of the hybrid's with the same task (and name, where one is given). That of a Transformer is
pretrained where it names "encoders", with an objective of its own. A card is a recipe, too.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...data import InputError
from .stages import checkpoint_name, config_of, keys_of

FOLDER = Path(__file__).parent
CARD_FIELDS = ("task", "limits", "examples")  # text of a card that a recipe, or --card-text, may give
_RECURRENT = ("lstm", "gru")  # baselines that the encoders of their hybrid are pretrained for, too


@dataclass(frozen=True)
class Recipe:
    """All that makes a model.

    Attributes:
        name: of the checkpoint.
        card: text of its card, see `CARD_FIELDS`.
        stages: configs of the tasks, in the order in which they run.
    """

    name: str
    card: dict
    stages: tuple[Any, ...]


def names() -> list[str]:
    """Return the names of the recipes that come with the package, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def find(name: str) -> Recipe:
    """Return a recipe by its name, or from a file.

    Raises:
        InputError: where there is none, and for one that cannot be read.
    """
    own = name.endswith(".json")
    if not own and name not in names():
        raise InputError(f"There is no recipe {name!r}: there is {', '.join(names())}; or name a .json file.")
    path = Path(name) if own else FOLDER / f"{name}.json"
    return read(_object_in(path), path.stem)


def read(content: dict, name: str) -> Recipe:
    """Return the recipe that a JSON object holds.

    Args:
        content: a recipe, or a card that holds one.
        name: where the object names none.

    Raises:
        InputError: for one that cannot be read.
    """
    if "preprocessing" in content:
        content = _of_card(content)
    if "extends" in content:
        content = _extended(content)
    if not content.get("stages"):
        raise InputError(f"The recipe {name} must hold stages.")
    check_card_text(content.get("card", {}), name)
    stages = tuple(config_of(_with_shared(stage, content.get("shared", {}))) for stage in content["stages"])
    return Recipe(content.get("name", name), content.get("card", {}), stages)


def read_card_text(file: str | None) -> dict:
    """Return the text that a card takes from a file, see `CARD_FIELDS`; nothing for no file.

    Raises:
        InputError: for a file that cannot be read, and one with other fields.
    """
    if file is None:
        return {}
    text = _object_in(Path(file))
    check_card_text(text, file)
    return text


def check_card_text(text: Any, where: str) -> None:
    """Refuse what is no text of a card.

    Raises:
        InputError: for other fields than `CARD_FIELDS`.
    """
    if not isinstance(text, dict) or not text.keys() <= set(CARD_FIELDS):
        raise InputError(f"{where} must be an object with {', '.join(CARD_FIELDS)}.")


def _object_in(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold an object.")
    return content


def _of_card(card: dict) -> dict:
    """Return the recipe of a card that stores one, its detector's stage included."""
    recipe = card.get("recipe", {})
    if "stages" not in recipe:
        raise InputError(f"The card of {card['name']} holds no recipe: an older version wrote it.")
    detector = card.get("ood", {}).get("recipe")
    text = {key: card[key] for key in CARD_FIELDS if key in card}
    return recipe | {"stages": [*recipe["stages"], *([detector] if detector else [])], "card": text}


def _with_shared(stage: dict, shared: dict) -> dict:
    keys = keys_of(stage.get("task", ""))
    return {key: value for key, value in shared.items() if key in keys} | stage


def _extended(content: dict) -> dict:
    """Return the recipe of a baseline: the stages of its hybrid with the baseline in them."""
    if content["extends"] not in names() or "baseline" not in content:
        raise InputError(f"A recipe must extend one of {', '.join(names())} and name a baseline.")
    hybrid = _object_in(FOLDER / f"{content['extends']}.json")
    kind, own = content["baseline"], content.get("stages", ())
    pretrained = kind in _RECURRENT or any(change["task"] == "encoders" for change in own)
    stages = [stage | _change(stage, own) for stage in _of_baseline(hybrid["stages"], kind, pretrained)]
    (model,) = (stage for stage in stages if stage.get("baseline") and stage["task"] != "encoders")
    return hybrid | {"name": checkpoint_name(model), "stages": stages}


def _of_baseline(stages: list[dict], kind: str, pretrained: bool) -> Iterator[dict]:
    for stage in stages:
        match stage["task"]:
            case "encoders" if pretrained:
                yield stage | {"name": f"{stage['name']}-{kind}", "baseline": kind}
            case "text" if stage.get("init_from"):  # goes on from the finished hybrid: no baseline was taken so far
                continue
            case "text" | "image":
                encoders = stage.get("encoders") if pretrained else None
                yield (
                    stage
                    | {"baseline": kind}
                    | ({"encoders": f"{encoders}-{kind}"} if encoders else {})
                    | ({"encoders": None} if "encoders" in stage and not encoders else {})
                )
            case "ood":
                yield stage | {"name": f"{stage['name']}-{kind}"}
            case "teacher" | "nbsvm":
                yield stage


def _change(stage: dict, own: Iterable[dict]) -> dict:
    changes = [
        change
        for change in own
        if change["task"] == stage["task"] and change.get("name", stage["name"]) == stage["name"]
    ]
    return {key: value for change in changes for key, value in change.items()}
