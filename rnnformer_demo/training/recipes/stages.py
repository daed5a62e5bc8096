"""Stages of a recipe: the config of a task as one flat JSON object, whose keys are the names of the task's flags."""

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints

from ...data import InputError
from ...data.tables import TableOptions
from ..config import TASKS

_NOT_STORED = {"card_text"}  # a recipe holds the text itself
_SEVERAL_SEEDS = "seeds"


def stage_of(config: Any) -> dict:
    """Return the stage that a config describes: {"task": ..., "name": ..., ...}, every value in it.

    Example:
        >>> stage_of(NBSVMConfig(name="ngrams", data=CorpusConfig(data=("a.csv",))))
        {'task': 'nbsvm', 'name': 'ngrams', 'data': ['a.csv'], 'labels': [], ...}
    """
    (task,) = (task for task, config_class in TASKS.items() if type(config) is config_class)
    return {"task": task, **_flat(config)}


def _flat(config: Any) -> dict:
    values: dict[str, Any] = {}
    several_seeds = hasattr(config, _SEVERAL_SEEDS)
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, TableOptions):  # what is found out is not stored
            values |= {key: option for key, option in _flat(value).items() if option is not None}
        elif is_dataclass(value):
            nested = _flat(value)
            values |= {key: nested[key] for key in nested if not (several_seeds and key == "seed")}
        elif field.name not in _NOT_STORED:
            values[field.name] = list(value) if isinstance(value, tuple) else value
    return values


def config_of(stage: dict) -> Any:
    """Return the config of a stage; what the stage leaves out has its default.

    Raises:
        InputError: for an unknown task or key, a missing one, and a value that the config refuses.
    """
    values = dict(stage)
    task = values.pop("task", None)
    if task not in TASKS:
        raise InputError(f"There is no task {task!r}: a stage is one of {', '.join(TASKS)}.")
    try:
        config = _built(TASKS[task], values)
    except (TypeError, ValueError) as error:
        raise InputError(f"The stage {task} cannot be read: {error}.") from error
    if values:
        raise InputError(f"The stage {task} has no {', '.join(sorted(values))}.")
    return config


def _built(config_class: type, values: dict) -> Any:
    """Build a config of the values that are its fields', which are taken out of `values`."""
    kinds, arguments = get_type_hints(config_class), {}
    for field in fields(config_class):
        if is_dataclass(kinds[field.name]):
            arguments[field.name] = _built(kinds[field.name], values)
        elif field.name in values and field.name not in _NOT_STORED:
            value = values.pop(field.name)
            arguments[field.name] = tuple(value) if isinstance(value, list) else value
        elif field.default is MISSING:
            raise ValueError(f"{field.name} is missing")
    return config_class(**arguments)


def keys_of(task: str) -> set[str]:
    """Return the keys that a stage of a task may have.

    Raises:
        InputError: for an unknown task.
    """
    if task not in TASKS:
        raise InputError(f"There is no task {task!r}: a stage is one of {', '.join(TASKS)}.")
    return _keys(TASKS[task]) - _NOT_STORED


def _keys(config_class: type) -> set[str]:
    kinds = get_type_hints(config_class)
    nested = [_keys(kind) for kind in kinds.values() if isinstance(kind, type) and is_dataclass(kind)]
    return {name for name, kind in kinds.items() if not is_dataclass(kind)}.union(*nested)


def same_but_seeds(stage: dict, other: dict) -> bool:
    """Tell if two stages differ in nothing but their seeds, and keys that came later than one of them."""
    return without_seeds(as_today(stage)) == without_seeds(as_today(other))


def as_today(stage: dict) -> dict:
    """Return a recorded stage with every key that a stage has today; one that cannot be read stays as it is."""
    try:
        return stage_of(config_of(stage))
    except InputError:
        return stage


def without_seeds(stage: dict) -> dict:
    """Return a stage without its seeds."""
    return {key: value for key, value in stage.items() if key != _SEVERAL_SEEDS}


def run_name(stage: dict) -> str:
    """Return how the folders of a stage's seeds begin: a model that goes on from itself leaves its former run alone."""
    name = checkpoint_name(stage)
    return f"{name}-again" if stage.get("init_from") == stage.get("name", "") else name


def checkpoint_name(stage: dict) -> str:
    """Return the name of the checkpoint or of the run's folder that a stage leaves; a study's is its task."""
    of_hybrid = stage["task"] in ("text", "image") and stage.get("baseline")
    return f"{stage['name']}-{stage['baseline']}" if of_hybrid else stage.get("name", stage["task"])
