"""What can be refused is refused before a training begins: names, what it would overwrite, folders, space on disk."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..checkpoints import cards
from ..checkpoints.naming import check_name
from ..data import InputError
from .config import RunConfig
from .loop import has_checkpoint
from .recipes import checkpoint_name, run_name, same_but_seeds, stage_of
from .recipes.progress import IN_RUNS, is_finished
from .recipes.record import is_kept

SPACE = 100 * 2**20  # bytes of a run's weights and moments, and of a checkpoint
# Tasks that add to what is there: a detector to a model, rows to a table.
_ADD = ("ood", "search", "ablations", "image-ablations")


def check_before(config: Any, run: RunConfig, folder: Path | None = None) -> None:
    """Refuse a training that could not save what it makes, or would take the place of something else.

    Args:
        config: of the task.
        run: with `overwrite`, what bears the name already may go; with `resume`, what the same run made.
        folder: of the checkpoints.

    Raises:
        InputError: for a name that is none, for one that is taken, for folders that cannot be written to, and for a
            disk that is full.
    """
    stage, folder = stage_of(config), folder or cards.default_folder()
    if "name" in stage:
        check_name(stage["name"])
        check_name(checkpoint_name(stage))
    if not run.overwrite:
        _check_taken(stage, run, folder)
    for place in (folder, run.runs):
        check_writable(place)
        check_space(place, SPACE)


def check_recipe(stages: Sequence[Any], run: RunConfig, folder: Path | None = None) -> None:
    """Refuse a recipe of which any stage would be refused, before the first of them begins.

    Raises:
        InputError: see `check_before`.
    """
    made: set[str] = set()
    for config in stages:
        stage = stage_of(config)
        known = checkpoint_name(stage)
        if known not in made and not (run.resume and is_finished(stage, run.runs, folder)):
            check_before(config, run, folder)
        made.add(known)


def _check_taken(stage: dict, run: RunConfig, folder: Path) -> None:
    """Refuse what would take the place of something that another training made.

    Raises:
        InputError: it names what is in the way.
    """
    name, task = checkpoint_name(stage), stage["task"]
    if task in _ADD:
        return
    begun = _was_begun(run_name(stage), run.runs)
    if task in IN_RUNS:
        taken, own, place = is_kept(name, run.runs), run.resume, run.runs / name
    else:
        own, place = run.resume and (begun or _made_by(stage, name, folder)), folder / name
        taken = name in cards.names(folder)
    if taken and not own:
        raise InputError(f"{name} is there already: choose another --name, or replace {place} with --overwrite.")
    if begun and not run.resume:
        raise InputError(
            f"A training of {name} lies in {run.runs}: go on with it by --resume, or start anew with --overwrite."
        )


def _was_begun(name: str, runs: Path) -> bool:
    return any(has_checkpoint(run) for run in (runs / name, *runs.glob(f"{name}-seed*")))


def _made_by(stage: dict, name: str, folder: Path) -> bool:
    if name not in cards.names(folder):
        return False
    stages = cards.read_card(name, folder).get("recipe", {}).get("stages") or [{}]
    return same_but_seeds(stages[-1], stage)


def check_writable(folder: Path) -> None:
    """Refuse a folder in which no file can be written; of one that is missing, that in which it would be made.

    Raises:
        InputError: where the system refuses.
    """
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            pass
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written to ({error.strerror}): name another folder with --checkpoints or --runs."
        ) from error


def check_space(folder: Path, needed: int) -> None:
    """Refuse to begin where a disk has too little space.

    Raises:
        InputError: where fewer bytes are free.
    """
    free = shutil.disk_usage(_existing(folder)).free
    if free < needed:
        raise InputError(
            f"{folder} has {free / 2**20:,.0f} MB free, and the training needs {needed / 2**20:,.0f}: make room, or "
            "name another folder with --runs or --checkpoints."
        )


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(place for place in (folder, *folder.parents) if place.exists())
